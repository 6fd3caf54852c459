import { createServer, type Server } from "node:http";
import { Agent, request } from "undici";
import { z } from "zod";

/** A webhook as Cal.com sent it. */
export interface Recorded {
  /** `trigger uid`. */
  key: string;
  /** When it went on to the gateway (ms since epoch, with fractions). */
  sentAt: number;
  body: string;
}

/** Subscribed in the gateway's place: it passes webhooks on and knows when. */
export interface Recorder {
  url: string;
  /** Everything seen since the last time this was asked. */
  take(): Recorded[];
  close(): Promise<void>;
}

const bodySchema = z.object({ triggerEvent: z.string(), payload: z.object({ uid: z.string() }).loose() });

/** Passes on to `target` with headers and bytes as they are: the signature stays valid. */
export async function startRecorder(target: () => string): Promise<Recorder> {
  let seen: Recorded[] = [];
  const agent = new Agent({ connections: 64 });
  const server: Server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const raw = Buffer.concat(chunks);
      const body = raw.toString("utf8");
      const parsed = bodySchema.safeParse(JSON.parse(body));
      if (parsed.success) {
        const key = `${parsed.data.triggerEvent} ${parsed.data.payload.uid}`;
        seen.push({ key, sentAt: performance.timeOrigin + performance.now(), body });
      }
      const signature = incoming.headers["x-cal-signature-256"];
      request(target(), {
        dispatcher: agent,
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(typeof signature === "string" ? { "x-cal-signature-256": signature } : {}),
        },
        body: raw,
      }).then(
        async (response) => {
          answer.writeHead(response.statusCode).end(await response.body.text());
        },
        () => answer.writeHead(502).end(),
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the recorder has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await agent.close();
    },
  };
}
