import { randomUUID } from "node:crypto";
import type postgres from "postgres";
import type { Transaction } from "../client.js";

export interface Person {
  name: string;
  /** Lower case. */
  email: string | null;
  /** E.164. */
  phone: string | null;
  /** Nobody knows whether number and e-mail are the person's own: they join no customer (salon-gateway 9.4). */
  unverified?: true;
}

/**
 * The customer behind a person: by e-mail, then by phone unless the e-mails contradict, else a new one. What
 * was unknown is filled in; a name that is known is never overwritten (booking for somebody else). Who is unverified
 * is a new one, unless an e-mail, which names one customer, says otherwise.
 */
export async function findOrCreateCustomer(
  tx: Transaction,
  companyId: string,
  person: Person,
  source: string,
): Promise<string> {
  const [row] = await findingCustomer(tx, companyId, person, source);
  if (!row) throw new Error("a customer was neither found nor made");
  return row.id;
}

/**
 * `findOrCreateCustomer` as one statement. It leaves the id in the transaction (`foundCustomer`), so that what needs
 * it can be sent without waiting for it.
 */
export function findingCustomer(
  tx: Transaction,
  companyId: string,
  person: Person,
  source: string,
): postgres.PendingQuery<{ id: string }[]> {
  const { name, email, phone } = person;
  return tx<{ id: string }[]>`
    WITH found AS (
      UPDATE customers SET email = coalesce(customers.email, ${email}), phone = coalesce(customers.phone, ${phone}), updated_at = now()
      WHERE id = (
        SELECT id FROM customers
        WHERE (${email}::text IS NOT NULL AND email = ${email})
           OR (${phone}::text IS NOT NULL AND phone = ${phone} AND NOT ${person.unverified ?? false}::boolean AND (email IS NULL OR ${email}::text IS NULL))
        ORDER BY (email IS NOT DISTINCT FROM ${email}) DESC, created_at LIMIT 1)
      RETURNING id),
    made AS (
      INSERT INTO customers (id, company_id, name, email, phone, source)
      SELECT ${randomUUID()}::uuid, ${companyId}::uuid, ${name}, ${email}, ${phone}, ${source}
      WHERE NOT EXISTS (SELECT FROM found)
      ON CONFLICT (company_id, email) WHERE email IS NOT NULL DO UPDATE SET updated_at = now()
      RETURNING id)
    SELECT set_config('app.customer_id', id::text, true) AS id FROM (SELECT id FROM found UNION ALL SELECT id FROM made) c`;
}

/** The customer that `findingCustomer` found in this transaction. */
export const foundCustomer = (tx: Transaction) => tx`current_setting('app.customer_id')::uuid`;
