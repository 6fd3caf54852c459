import { describe, expect, it } from "vitest";
import { createVault, SealedSecretError, type SecretOwner } from "./secrets.js";

const owner: SecretOwner = { companyId: "2f6c8a52-6cc3-4a0e-9a80-54b0f63d2b11", kind: "calcom_api_key" };

describe("the vault", () => {
  it("opens what it sealed, with every form of key, and never seals twice alike.", async () => {
    for (const key of [
      "ab".repeat(32),
      Buffer.alloc(32, 7).toString("base64"),
      "a passphrase of some length, at least 32",
    ]) {
      const vault = await createVault(key);
      const sealed = vault.seal(owner, "cal_live_äöü");
      expect(sealed).not.toContain("cal_live");
      expect(vault.seal(owner, "cal_live_äöü")).not.toBe(sealed);
      expect((await createVault(key)).open(owner, sealed)).toBe("cal_live_äöü");
    }
  });

  it("opens nothing for another company, another kind, another key or a changed text.", async () => {
    const vault = await createVault("ab".repeat(32));
    const sealed = vault.seal(owner, "secret");
    const other = await createVault("cd".repeat(32));
    expect(() => vault.open({ ...owner, companyId: "8f6c8a52-6cc3-4a0e-9a80-54b0f63d2b11" }, sealed)).toThrow(
      SealedSecretError,
    );
    expect(() => vault.open({ ...owner, kind: "retell_api_key" }, sealed)).toThrow(SealedSecretError);
    expect(() => other.open(owner, sealed)).toThrow(SealedSecretError);
    const changed = `${sealed.slice(0, -2)}${sealed.endsWith("AA") ? "BB" : "AA"}`;
    expect(() => vault.open(owner, changed)).toThrow(SealedSecretError);
    expect(() => vault.open(owner, "v1.")).toThrow(SealedSecretError);
    expect(() => vault.open(owner, "secret")).toThrow(SealedSecretError);
  });
});
