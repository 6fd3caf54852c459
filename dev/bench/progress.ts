/** One line of progress, on stderr: stdout carries the tables alone. */
export function progress(line: string): void {
  process.stderr.write(`  ${(performance.now() / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);
}
