import { Client, Connection } from "@temporalio/client";
import postgres from "postgres";
import { expect, inject, it } from "vitest";
import { createTestDatabase } from "./database.js";

it("gives every test a database of its own, owned by a role that row-level security binds.", async () => {
  const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const sql = postgres(first.url, { max: 1, onnotice: () => undefined });
  try {
    expect(first.url).not.toBe(second.url);
    const [role] = await sql`
      select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user`;
    expect(role).toEqual({ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false });
    await sql`create extension if not exists btree_gist`;
    await sql`create table only_here ()`;
    await sql.end({ timeout: 5 });
    await first.close();
    await expect(postgres(first.url, { max: 1 })`select 1`).rejects.toMatchObject({ code: "3D000" });
  } finally {
    await sql.end({ timeout: 5 });
    await first.close();
    await second.close();
  }
});

it("starts a Temporal server whose namespace knows the search attributes of a booking.", async () => {
  const connection = await Connection.connect({ address: inject("temporalAddress") });
  try {
    const namespace = inject("temporalNamespace");
    const client = new Client({ connection, namespace });
    // Every test shares the server: only a value that nobody sets is counted the same in any order.
    const { count } = await client.workflow.count("BookingStatus='SetByNobody'");
    expect(count).toBe(0);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    expect(Object.keys(customAttributes)).toEqual(
      expect.arrayContaining([
        "CompanyId",
        "AppointmentId",
        "BookingStatus",
        "ReviewReason",
        "CalcomUid",
        "AppointmentStart",
      ]),
    );
  } finally {
    await connection.close();
  }
});
