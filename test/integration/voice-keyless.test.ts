import { expect, it } from "vitest";
import { phoneCall, RETELL_KEY, sendSigned } from "../support/phone.js";
import { startVoiceSalon } from "../support/voice-salon.js";

it("Where neither the company nor the installation has a key of Retell, no signature fits, whatever it is made with.", async () => {
  const salon = await startVoiceSalon({ worker: false }, (document) => ({
    ...document,
    retell: { apiKeys: [], agentIds: ["agent_salon"] },
  }));
  const call = phoneCall(salon);
  const body = { name: "list_services", args: {}, call: { call_id: call.id, to_number: "+493033081738" } };
  // The second was once a key that stood in the source, for whoever read it.
  for (const key of ["", "no key of Retell is known for this number", RETELL_KEY]) {
    for (const path of ["function", "inbound", ""]) {
      const { status } = await sendSigned(`${salon.url}/api/webhooks/retell${path && `/${path}`}`, body, key);
      expect(status, `${path} ${key}`).toBe(401);
    }
  }
  expect(await salon.admin.sql`SELECT 1 FROM calls`).toHaveLength(0);
});
