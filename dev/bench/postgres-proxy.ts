import { connect, createServer, type Socket } from "node:net";

/** What went through to Postgres. */
export interface Traffic {
  /**
   * Trips: times that a client sent something after it had heard the answer to all it sent before. Statements that
   * are sent together, without waiting, are one trip.
   */
  roundTrips: number;
  /** Completed commands by tag (`SELECT`, `INSERT`, `BEGIN`, …). */
  commands: Record<string, number>;
}

export interface PostgresProxy {
  /** The URL given, through the proxy. */
  url: string;
  traffic(): Traffic;
  close(): Promise<void>;
}

/** Counts on the wire, so that it does not matter who asks or through which library. */
export async function startPostgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  let roundTrips = 0;
  const commands: Record<string, number> = {};
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    // Nagle's algorithm would add waits that the direct connection does not have.
    client.setNoDelay(true);
    database.setNoDelay(true);
    let heard = true;
    const messages = messageReader((tag) => {
      commands[tag] = (commands[tag] ?? 0) + 1;
    });
    client.on("data", (data) => {
      if (heard) roundTrips += 1;
      heard = false;
      database.write(data);
    });
    database.on("data", (data) => {
      heard = true;
      messages(data);
      client.write(data);
    });
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        database.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    traffic: () => ({ roundTrips, commands: { ...commands } }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const HEADER_BYTES = 5;
const COMMAND_COMPLETE = "C".charCodeAt(0);

/** Cuts the server's stream into messages and reports the tag of each completed command. */
function messageReader(onCommand: (tag: string) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    while (rest.length >= HEADER_BYTES) {
      const length = 1 + rest.readUInt32BE(1);
      if (rest.length < length) return;
      if (rest[0] === COMMAND_COMPLETE) {
        const tag = rest.toString("latin1", HEADER_BYTES, length - 1);
        onCommand(tag.split(" ")[0] ?? tag);
      }
      rest = rest.subarray(length);
    }
  };
}

/** What came on top, per request. */
export function perRequest(before: Traffic, after: Traffic, idle: Traffic, requests: number): Traffic {
  const names = new Set([...Object.keys(before.commands), ...Object.keys(after.commands)]);
  const one = (a: number, b: number, c: number) => Math.max(0, (b - a - c) / requests);
  return {
    roundTrips: one(before.roundTrips, after.roundTrips, idle.roundTrips),
    commands: Object.fromEntries(
      [...names].map((name) => [
        name,
        one(before.commands[name] ?? 0, after.commands[name] ?? 0, idle.commands[name] ?? 0),
      ]),
    ),
  };
}

/** What flows in `ms` when nothing is asked, measured over `sampleMs`. */
export function scaled(before: Traffic, after: Traffic, factor: number): Traffic {
  return {
    roundTrips: (after.roundTrips - before.roundTrips) * factor,
    commands: Object.fromEntries(
      Object.entries(after.commands).map(([name, times]) => [
        name,
        (times - (before.commands[name] ?? 0)) * factor,
      ]),
    ),
  };
}
