import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "./postgres.js";

let directory = "";
let running: EmbeddedPostgres | null = null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "askpro-postgres-"));
});
afterEach(async () => {
  await running?.stop();
  if (running !== null) rmSync(running.dataDir, { recursive: true, force: true });
  running = null;
  rmSync(directory, { recursive: true, force: true });
});

async function start(password = "0123456789abcdef"): Promise<EmbeddedPostgres> {
  running = await startPostgres({
    dataDir: join(directory, "postgres"),
    logFile: join(directory, "postgres.log"),
    password,
  });
  return running;
}

async function query<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

it("has the same data after a stop and after a kill.", async () => {
  const first = await start();
  await query(first.url, (sql) => sql`create table kept as select 1 as one`);
  await first.stop();

  const second = await start();
  await query(second.url, (sql) => sql`insert into kept values (2)`);
  await second.kill();

  const third = await start();
  expect(await query(third.url, (sql) => sql`select one from kept order by one`)).toEqual([
    { one: 1 },
    { one: 2 },
  ]);
});

it("starts although a pid file names a process that is not Postgres.", async () => {
  const first = await start();
  const home = first.dataDir;
  await first.stop();
  writeFileSync(join(home, "postmaster.pid"), `${process.pid}\n${home}\n`);
  const again = await start();
  expect(await query(again.url, (sql) => sql`select current_user as who`)).toEqual([{ who: "askpro" }]);
});

it("accepts a new password for old data, because its files are ours.", async () => {
  const first = await start("0123456789abcdef");
  await query(first.url, (sql) => sql`create table kept as select 1 as one`);
  await first.stop();
  const second = await start("fedcba9876543210");
  expect(await query(second.url, (sql) => sql`select one from kept`)).toEqual([{ one: 1 }]);
});

it("folds umlauts the same on every machine.", async () => {
  const { url } = await start();
  expect(await query(url, (sql) => sql`select lower('MÜLLER-ÖZ') as folded`)).toEqual([
    { folded: "müller-öz" },
  ]);
});
