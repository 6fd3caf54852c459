import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";

export type SecretKind = "calcom_api_key" | "calcom_webhook_secret" | "retell_api_key";

/** Whose secret and of which kind: bound into the cipher, so that a row copied to another tenant opens nothing. */
export interface SecretOwner {
  companyId: string;
  kind: SecretKind;
}

/** A sealed secret that this key does not open: another `SECRETS_KEY`, or a row that was tampered with. */
export class SealedSecretError extends Error {
  constructor(owner: SecretOwner) {
    super(
      `a ${owner.kind} of company ${owner.companyId} cannot be opened: is SECRETS_KEY the one it was sealed with?`,
    );
    this.name = "SealedSecretError";
  }
}

/** Seals and opens tenants' secrets with AES-256-GCM. */
export interface Vault {
  seal(owner: SecretOwner, secret: string): string;
  /** @throws SealedSecretError */
  open(owner: SecretOwner, sealed: string): string;
}

const VERSION = "v1";
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Fixed, because the key must be the same in every process; the strength is that of `SECRETS_KEY` (≥ 32 characters). */
const SALT = "askpro-gateway/tenant-secrets";

/** `secretsKey`: 32 bytes as hex or base64 are the key itself; anything else is stretched with scrypt. */
export async function createVault(secretsKey: string): Promise<Vault> {
  const key = await keyOf(secretsKey);
  return {
    seal(owner, secret) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(associated(owner));
      const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return `${VERSION}.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url")}`;
    },
    open(owner, sealed) {
      const [version, body] = sealed.split(".");
      if (version !== VERSION || body === undefined) throw new SealedSecretError(owner);
      const bytes = Buffer.from(body, "base64url");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(associated(owner))
          .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString("utf8");
      } catch {
        // The cipher's own message would say nothing that helps.
        throw new SealedSecretError(owner);
      }
    },
  };
}

function associated(owner: SecretOwner): Buffer {
  return Buffer.from(`${owner.companyId}:${owner.kind}`);
}

const stretch = promisify<string, string, number, Buffer>(scrypt);

async function keyOf(secretsKey: string): Promise<Buffer> {
  if (/^[0-9a-f]{64}$/i.test(secretsKey)) return Buffer.from(secretsKey, "hex");
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(secretsKey)) return Buffer.from(secretsKey, "base64");
  return await stretch(secretsKey, SALT, 32);
}
