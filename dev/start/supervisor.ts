import type { Exit, Managed } from "../embedded/process.js";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** One that has run so long did not fail because of how it was started. */
const STEADY_MS = 30_000;
const LATE_GRACE_MS = 5_000;

/** What a supervisor needs of whatever it keeps running. */
export interface Running {
  readonly pid: number;
  readonly exited: Managed["exited"];
  /** Ends it within `graceMs`. */
  stop(graceMs: number): Promise<unknown>;
}

export interface Supervised {
  readonly pid: number | null;
  /** From now on it is not started again. */
  stop(graceMs: number): Promise<void>;
}

export interface SupervisorOptions {
  readonly name: string;
  readonly start: () => Promise<Running>;
  /** Told why it ended and when it is tried again. */
  readonly report: (line: string) => void;
}

/**
 * Starts something and starts it again whenever it ends, after waits that double up to ten seconds.
 *
 * @throws whatever the first start throws; later ones are reported and repeated.
 */
export async function supervise({ name, start, report }: SupervisorOptions): Promise<Supervised> {
  let stopping = false;
  let wake = () => {};
  let current: Running | null = await start();

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const loop = (async () => {
    let waitMs = FIRST_WAIT_MS;
    let began = Date.now();
    for (;;) {
      let why = "";
      if (current !== null) {
        const exit = await current.exited;
        current = null;
        why = `ended (${describe(exit)})`;
        if (Date.now() - began >= STEADY_MS) waitMs = FIRST_WAIT_MS;
      }
      if (stopping) return;
      if (why !== "") report(`${name} ${why}: starting it again in ${waitMs / 1_000} s`);
      await pause(waitMs);
      if (stopping) return;
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      began = Date.now();
      try {
        current = await start();
        // Told to stop while this start was under way: nobody else knows of it.
        if (stopping) return void (await current.stop(LATE_GRACE_MS));
        report(`${name} is running again (process ${current.pid})`);
      } catch (error) {
        report(`${name} cannot be started: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  })();

  return {
    get pid() {
      return current?.pid ?? null;
    },
    async stop(graceMs) {
      stopping = true;
      wake();
      await current?.stop(graceMs);
      await loop;
    },
  };
}

function describe({ code, signal }: Exit): string {
  return signal === null ? `code ${code}` : `signal ${signal}`;
}
