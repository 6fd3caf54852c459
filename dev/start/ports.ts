import { isFree } from "../embedded/port.js";
import { report } from "./report.js";

/** How far from the wanted port another is looked for. */
const TRIES = 200;

/** Gives out ports, each one once. */
export class Ports {
  readonly #given = new Set<number>();

  /**
   * @param what is what the port is for, as the operator knows it.
   * @param named is the port that the environment names, with its variable: then it is that one or an error.
   * @throws Error when the port named is taken.
   */
  async take(what: string, wanted: number, named: string | null): Promise<number> {
    if (await this.#available(wanted)) return this.#give(wanted);
    if (named !== null) {
      throw new Error(
        `port ${wanted} (${named}) for ${what} is taken: stop what uses it, or set ${named} to another`,
      );
    }
    for (let port = wanted + 1; port <= wanted + TRIES; port++) {
      if (await this.#available(port)) {
        report(`  port ${wanted} for ${what} is taken: using ${port}`);
        return this.#give(port);
      }
    }
    throw new Error(`ports ${wanted} to ${wanted + TRIES} for ${what} are all taken`);
  }

  #give(port: number): number {
    this.#given.add(port);
    return port;
  }

  /** On every address: the API listens on all, and a server on the wildcard does not keep us off the loopback. */
  async #available(port: number): Promise<boolean> {
    return !this.#given.has(port) && (await isFree(port, "127.0.0.1")) && (await isFree(port, "0.0.0.0"));
  }
}
