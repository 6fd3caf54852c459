/** Below the 30 s after which a container is killed (contract.md 10). */
const LIMIT_MS = 28_000;

const FRAME = /^\s+at \S/;

/**
 * Ends this process on SIGTERM or SIGINT: drains first, then exits with 0. A second signal, or the same one
 * to the process and to its group, changes nothing: draining goes on. A signal during the start is obeyed as soon
 * as there is something to close.
 *
 * @param started what has to be closed; if it never starts, the process ends as it would have anyway
 */
export function drainOnSignal(started: Promise<{ close(): Promise<void> }>): void {
  // What fails while it starts says so itself, and knows of no caller yet.
  started.then(
    () => process.on("uncaughtException", sayWithoutMessage),
    () => {},
  );
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    // Whatever hangs (a database that is gone) must not hold the process: what is durable is durable already.
    setTimeout(() => exit(1, "draining took too long"), LIMIT_MS).unref();
    started
      .then((running) => running.close())
      .then(
        () => exit(0),
        (error: unknown) => exit(1, `stopping failed: ${error instanceof Error ? error.name : "unknown"}`),
      );
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
}

/** Node would print the message, which may quote what a caller said. */
function sayWithoutMessage(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? "").split("\n") : [];
  const name = error instanceof Error ? error.name : "unknown error";
  exit(1, [name, ...stack.filter((line) => FRAME.test(line))].join("\n"));
}

function exit(code: number, why?: string): void {
  if (why !== undefined) process.stderr.write(`${why}\n`);
  process.exit(code);
}
