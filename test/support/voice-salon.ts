import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";
import { RETELL_KEY, SALON_NUMBER } from "./phone.js";
import { type Salon, type SalonOptions, startSalon } from "./salon.js";

/** The salon of the tests with a number, an agent and a key of Retell; `change` makes more of it. */
export async function startVoiceSalon(
  options: SalonOptions = {},
  change: (document: TenantDocument) => unknown = (document) => document,
): Promise<Salon> {
  return await startSalon({
    ...options,
    document: (base) =>
      parseDocument(
        change({
          ...base,
          retell: { apiKeys: [RETELL_KEY], agentIds: ["agent_salon"] },
          branches: base.branches.map((branch) => ({ ...branch, phoneNumbers: [SALON_NUMBER] })),
          policies: [{ for: {}, rescheduleFirst: true }],
        }),
      ),
  });
}
