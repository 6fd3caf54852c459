import { randomBytes } from "node:crypto";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** A booking uid like Cal.com's short-uuid: 22 characters of base58. */
export function newUid(): string {
  let uid = "";
  for (const byte of randomBytes(22)) uid += ALPHABET[byte % ALPHABET.length] ?? "1";
  return uid;
}
