import { COMMAND_CHANNEL } from "../../db/booking/outcome.js";
import type { Database } from "../../db/client.js";

/** One who listens for a command. */
export interface Listening {
  /** Resolves when the command is settled, as far as was heard, or when the time is over. */
  readonly heard: Promise<void>;
  /** He waits no longer. */
  leave(): void;
}

/** Wakes whoever waits for a command, the moment its outcome is durable. */
export interface Waiting {
  /** Listens for the command, from now on, for at most `ms`. */
  listen(commandId: string, ms: number): Listening;
  /** Nobody waits any longer, now or later: the process ends. */
  release(): void;
  readonly released: boolean;
}

/** LISTEN needs a session of its own; when it was lost, everybody who waits looks for himself. */
export async function listenForSettledCommands(db: Database): Promise<Waiting> {
  const waiting = new Map<string, Set<() => void>>();
  let released = false;
  const wake = (commandId: string) => {
    for (const resolve of waiting.get(commandId) ?? []) resolve();
  };
  const wakeAll = () => {
    for (const commandId of [...waiting.keys()]) wake(commandId);
  };
  await db.sql.listen(COMMAND_CHANNEL, wake, wakeAll);
  return {
    listen(commandId, ms) {
      if (released) return { heard: Promise.resolve(), leave: () => {} };
      let leave = () => {};
      const heard = new Promise<void>((resolve) => {
        leave = () => {
          clearTimeout(timer);
          const others = waiting.get(commandId);
          others?.delete(leave);
          if (others?.size === 0) waiting.delete(commandId);
          resolve();
        };
        const timer = setTimeout(leave, ms);
        const others = waiting.get(commandId) ?? new Set();
        others.add(leave);
        waiting.set(commandId, others);
      });
      return { heard, leave };
    },
    release() {
      released = true;
      wakeAll();
    },
    get released() {
      return released;
    },
  };
}
