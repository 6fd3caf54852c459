import { createHash, randomBytes } from "node:crypto";

/** Letters and digits that are not mistaken for each other when a model copies them. */
const ALPHABET = "abcdefghjkmnpqrstvwxyz23456789";

function spell(bytes: Uint8Array, length: number): string {
  return Array.from(bytes.subarray(0, length), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** Names an offer; nobody can guess another one's. */
export function newOfferId(): string {
  return `of_${spell(randomBytes(12), 12)}`;
}

/** Names an appointment in one call only: in another call it names nothing. */
export function appointmentRef(callId: string, appointmentId: string): string {
  return `ap_${spell(createHash("sha256").update(`${callId}|${appointmentId}`).digest(), 10)}`;
}
