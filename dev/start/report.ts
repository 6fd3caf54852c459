const EVERY_MS = 5_000;

/** One line of progress, on stderr: stdout carries the summary alone. */
export function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Names what is being done, says so again every five seconds while it lasts, and how long it took if it was long. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1_000);
  report(`- ${what}`);
  const progress = setInterval(() => report(`  ${what}: ${seconds()} s so far`), EVERY_MS);
  try {
    const result = await work();
    if (seconds() >= EVERY_MS / 1_000) report(`  ${what}: done after ${seconds()} s`);
    return result;
  } finally {
    clearInterval(progress);
  }
}
