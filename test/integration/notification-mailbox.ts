import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

export interface ReceivedMail {
  from: string;
  to: string[];
  headers: Record<string, string>;
  /** Decoded. */
  subject: string;
  text: string;
}

/** A mail server on a real socket, as far as a client of it needs one: RFC 5321 without extensions. */
export interface Mailbox {
  /** `smtp://…` */
  readonly url: string;
  readonly mails: ReceivedMail[];
  /** How often a message was handed over whole, accepted or not. */
  attempts: number;
  /** The answer to the next messages, in order; then they are accepted. `null`: the connection is cut instead. */
  readonly answers: (string | null)[];
  /** Whose messages get these answers; `null`: anybody's. */
  answersFor: string | null;
  /** Before the answer to a message. */
  delayMs: number;
  close(): Promise<void>;
}

export async function startMailbox(): Promise<Mailbox> {
  const sockets = new Set<Socket>();
  const mails: ReceivedMail[] = [];
  const answers: (string | null)[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    converse(socket, async (envelope, raw) => {
      mailbox.attempts += 1;
      if (mailbox.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, mailbox.delayMs));
      const scripted = mailbox.answersFor === null || envelope.to.includes(mailbox.answersFor);
      const answer = scripted ? answers.shift() : undefined;
      if (answer === null) return socket.destroy();
      if (answer === undefined) mails.push(parse(envelope, raw));
      socket.write(`${answer ?? "250 2.0.0 accepted"}\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const mailbox: Mailbox = {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    attempts: 0,
    answers,
    answersFor: null,
    delayMs: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return mailbox;
}

interface Envelope {
  from: string;
  to: string[];
}

function converse(socket: Socket, accept: (envelope: Envelope, raw: string) => unknown): void {
  let buffer = "";
  let inData = false;
  let envelope: Envelope = { from: "", to: [] };
  socket.setEncoding("utf8");
  socket.write("220 mailbox.test ESMTP\r\n");
  socket.on("data", (chunk: string) => {
    buffer += chunk;
    for (;;) {
      if (inData) {
        const end = buffer.indexOf("\r\n.\r\n");
        if (end < 0) return;
        const raw = buffer.slice(0, end).replaceAll("\r\n..", "\r\n.");
        buffer = buffer.slice(end + 5);
        inData = false;
        accept(envelope, raw);
        envelope = { from: "", to: [] };
        continue;
      }
      const end = buffer.indexOf("\r\n");
      if (end < 0) return;
      const line = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      const address = /<([^>]*)>/.exec(line)?.[1] ?? "";
      if (/^EHLO|^HELO/i.test(line)) socket.write("250 mailbox.test\r\n");
      else if (/^MAIL FROM/i.test(line)) {
        envelope.from = address;
        socket.write("250 ok\r\n");
      } else if (/^RCPT TO/i.test(line)) {
        envelope.to.push(address);
        socket.write("250 ok\r\n");
      } else if (/^DATA/i.test(line)) {
        inData = true;
        socket.write("354 go on\r\n");
      } else if (/^QUIT/i.test(line)) socket.end("221 bye\r\n");
      else socket.write("250 ok\r\n");
    }
  });
}

function parse(envelope: Envelope, raw: string): ReceivedMail {
  const split = raw.indexOf("\r\n\r\n");
  const head = raw.slice(0, split).replaceAll(/\r\n[ \t]+/g, " ");
  const headers = Object.fromEntries(
    head.split("\r\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = raw.slice(split + 4);
  const encoding = headers["content-transfer-encoding"]?.toLowerCase();
  const text =
    encoding === "base64"
      ? Buffer.from(body, "base64").toString("utf8")
      : encoding === "quoted-printable"
        ? quotedPrintable(body.replaceAll(/=\r\n/g, ""))
        : body;
  return { ...envelope, headers, subject: encodedWords(headers.subject ?? ""), text };
}

function quotedPrintable(text: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "=" && /^[0-9A-F]{2}$/i.test(text.slice(at + 1, at + 3))) {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(...Buffer.from(text[at] ?? ""));
  }
  return Buffer.from(bytes).toString("utf8");
}

/** RFC 2047. */
function encodedWords(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_, how: string, word: string) =>
      how.toUpperCase() === "B"
        ? Buffer.from(word, "base64").toString("utf8")
        : quotedPrintable(word.replaceAll("_", " ")),
    );
}
