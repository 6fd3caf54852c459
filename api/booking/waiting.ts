import { COMMAND_CHANNEL } from "../../db/booking/outcome.js";
import type { Database } from "../../db/client.js";

/** Wakes whoever waits for a command, the moment its outcome is durable. */
export interface Waiting {
  /** Resolves when the command is settled, as far as was heard, or after `ms`. */
  until(commandId: string, ms: number): Promise<void>;
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
    until(commandId, ms) {
      if (released) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          const others = waiting.get(commandId);
          others?.delete(done);
          if (others?.size === 0) waiting.delete(commandId);
          resolve();
        };
        const timer = setTimeout(done, ms);
        const others = waiting.get(commandId) ?? new Set();
        others.add(done);
        waiting.set(commandId, others);
      });
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
