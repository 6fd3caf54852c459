import { COMMAND_CHANNEL } from "../../db/booking/outcome.js";
import type { Database } from "../../db/client.js";

/** Wakes whoever waits for a command, the moment its outcome is durable. */
export interface Waiting {
  /** Resolves when the command is settled, as far as was heard, or after `ms`. */
  until(commandId: string, ms: number): Promise<void>;
  close(): Promise<void>;
}

/** LISTEN needs a session of its own; when it was lost, everybody who waits looks for himself. */
export async function listenForSettledCommands(db: Database): Promise<Waiting> {
  const waiting = new Map<string, Set<() => void>>();
  const wake = (commandId: string) => {
    for (const resolve of waiting.get(commandId) ?? []) resolve();
  };
  const listener = await db.sql.listen(COMMAND_CHANNEL, wake, () => {
    for (const commandId of waiting.keys()) wake(commandId);
  });
  return {
    until(commandId, ms) {
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
    close: () => listener.unlisten(),
  };
}
