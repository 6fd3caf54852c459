import type { TenantDocument } from "../../domain/tenant/document.js";
import type { Transaction } from "../client.js";
import { SealedSecretError, type SecretKind, type Vault } from "./secrets.js";

/** Secrets of one company, newest first. */
export type StoredSecrets = Record<SecretKind, string[]>;

/** Stands for a secret that the present `SECRETS_KEY` does not open; equal to none that a document can name. */
const UNREADABLE = "\0";

/**
 * A company's secrets in clear. One that cannot be opened does not fail: else a lost `SECRETS_KEY` could never
 * be mended by a document that brings the secrets again.
 */
export async function loadStoredSecrets(
  tx: Transaction,
  vault: Vault,
  companyId: string,
): Promise<StoredSecrets> {
  const rows = await tx<{ kind: SecretKind; sealed: string }[]>`
    SELECT kind, sealed FROM tenant_secrets WHERE company_id = ${companyId} ORDER BY kind, position`;
  const secrets: StoredSecrets = { calcom_api_key: [], calcom_webhook_secret: [], retell_api_key: [] };
  for (const { kind, sealed } of rows) {
    try {
      secrets[kind].push(vault.open({ companyId, kind }, sealed));
    } catch (error) {
      if (!(error instanceof SealedSecretError)) throw error;
      secrets[kind].push(UNREADABLE);
    }
  }
  return secrets;
}

/** A stored document with its stored secrets, for comparison. */
export function withSecrets(document: TenantDocument, secrets: StoredSecrets): TenantDocument {
  return {
    ...document,
    calcom: {
      ...document.calcom,
      apiKey: secrets.calcom_api_key[0] ?? null,
      webhookSecrets: secrets.calcom_webhook_secret,
    },
    retell: { ...document.retell, apiKeys: secrets.retell_api_key },
  };
}

/** Replaces the secrets that the document names; those that it leaves out stay as they are. */
export async function storeSecrets(
  tx: Transaction,
  vault: Vault,
  companyId: string,
  document: TenantDocument,
): Promise<void> {
  const { apiKey, webhookSecrets } = document.calcom;
  const given: [SecretKind, readonly string[] | undefined][] = [
    ["calcom_api_key", apiKey === undefined ? undefined : apiKey === null ? [] : [apiKey]],
    ["calcom_webhook_secret", webhookSecrets],
    ["retell_api_key", document.retell.apiKeys],
  ];
  for (const [kind, secrets] of given) {
    if (secrets === undefined) continue;
    await tx`DELETE FROM tenant_secrets WHERE company_id = ${companyId} AND kind = ${kind}`;
    for (const [position, secret] of secrets.entries()) {
      await tx`
        INSERT INTO tenant_secrets (company_id, kind, position, sealed)
        VALUES (${companyId}, ${kind}, ${position}, ${vault.seal({ companyId, kind }, secret)})`;
    }
  }
}
