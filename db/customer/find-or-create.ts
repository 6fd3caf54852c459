import { randomUUID } from "node:crypto";
import type { Transaction } from "../client.js";

export interface Person {
  name: string;
  /** Lower case. */
  email: string | null;
  /** E.164. */
  phone: string | null;
}

/**
 * The customer behind a person: by e-mail, then by phone unless the e-mails contradict, else a new one. What
 * was unknown is filled in; a name that is known is never overwritten (booking for somebody else).
 */
export async function findOrCreateCustomer(
  tx: Transaction,
  companyId: string,
  person: Person,
  source: string,
): Promise<string> {
  const { name, email, phone } = person;
  const [found] = await tx<{ id: string }[]>`
    UPDATE customers SET email = coalesce(customers.email, ${email}), phone = coalesce(customers.phone, ${phone}), updated_at = now()
    WHERE id = (
      SELECT id FROM customers
      WHERE (${email}::text IS NOT NULL AND email = ${email})
         OR (${phone}::text IS NOT NULL AND phone = ${phone} AND (email IS NULL OR ${email}::text IS NULL))
      ORDER BY (email IS NOT DISTINCT FROM ${email}) DESC, created_at LIMIT 1)
    RETURNING id`;
  if (found) return found.id;
  const [made] = await tx<{ id: string }[]>`
    INSERT INTO customers (id, company_id, name, email, phone, source)
    VALUES (${randomUUID()}, ${companyId}, ${name}, ${email}, ${phone}, ${source})
    ON CONFLICT (company_id, email) WHERE email IS NOT NULL DO UPDATE SET updated_at = now()
    RETURNING id`;
  if (!made) throw new Error("a customer was neither found nor made");
  return made.id;
}
