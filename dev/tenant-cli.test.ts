import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

const CLI = fileURLToPath(new URL("./tenant-cli.ts", import.meta.url));

let server: Server;
let url: string;
let directory: string;
const asked: { request: string; authorization: string | undefined; body: string }[] = [];
let answer: { status: number; body: unknown } = { status: 200, body: {} };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tenant-cli-"));
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    asked.push({
      request: `${request.method} ${request.url}`,
      authorization: request.headers.authorization,
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  url = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  server?.close();
  await rm(directory, { recursive: true, force: true });
});

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", CLI, ...args], {
    env: { ...process.env, PUBLIC_URL: url, ADMIN_TOKEN: "an admin's token", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = await once(child, "close");
  return { code, out, err, last: asked.at(-1) };
}

describe("npm run tenant", () => {
  it("applies a file to the company of its name and prints the differences.", async () => {
    const file = join(directory, "klein.json");
    await writeFile(file, JSON.stringify({ name: "Klein" }));
    answer = { status: 200, body: { differences: [{ path: "name", before: null, after: "Klein" }] } };
    const { code, out, last } = await run(["apply", file, "--dry-run"]);
    expect(last).toEqual({
      request: "PUT /api/admin/companies/klein?dryRun=true",
      authorization: "Bearer an admin's token",
      body: '{"name":"Klein"}',
    });
    expect(out).toBe('name: null → "Klein"\nklein: 1 difference, nothing changed (dry run)\n');
    expect(code).toBe(0);
  });

  it("prints every error of a refused document and fails.", async () => {
    const file = join(directory, "klein.json");
    answer = {
      status: 422,
      body: { detail: "The document is not valid.", errors: [{ field: "staff[0].slug", message: "wrong" }] },
    };
    const { code, err } = await run(["apply", file]);
    expect(err).toBe("422 The document is not valid.\n  staff[0].slug: wrong\n");
    expect(code).toBe(1);
  });

  it("exports a document that can be applied again, and nothing of the tokens.", async () => {
    answer = { status: 200, body: { name: "Klein", tokens: [{ id: "x" }] } };
    const { out } = await run(["export", "klein"]);
    expect(JSON.parse(out)).toEqual({ name: "Klein" });
  });

  it("prints a new token and nothing else.", async () => {
    answer = { status: 201, body: { id: "x", label: "phone", token: "askpro_1" } };
    const { out, last } = await run(["token", "klein", "phone"]);
    expect(out).toBe("askpro_1\n");
    expect(last).toMatchObject({
      request: "POST /api/admin/companies/klein/tokens",
      body: '{"label":"phone"}',
    });
  });

  it("fails when verify finds something.", async () => {
    answer = {
      status: 200,
      body: { ok: false, differences: [{ path: "eventTypes[1].hosts", text: "has no host" }] },
    };
    const { code, out } = await run(["verify", "klein"]);
    expect(out).toBe("eventTypes[1].hosts: has no host\nklein: 1 to mend\n");
    expect(code).toBe(1);
  });

  it("explains itself when it is called wrongly, and says which gateway it cannot reach.", async () => {
    for (const args of [["apply"], ["paint", "klein"], ["export", "klein", "more"]]) {
      const { code, err } = await run(args);
      expect(err).toContain("npm run tenant -- <command>");
      expect(code).toBe(1);
    }
    const { err } = await run(["export", "klein"], { PUBLIC_URL: "http://127.0.0.1:1" });
    expect(err).toContain("the gateway at http://127.0.0.1:1 cannot be reached");
  });
});
