import { spokenServiceName } from "../../../domain/speech/service-name.js";
import { done, type ToolAnswer } from "../answer.js";
import type { ToolContext } from "../invocation.js";
import { offeredServices } from "./wish.js";

/** More cannot be listened to (salon-gateway 9.3). */
const NAMED = 5;

/** `list_services`: names with prices, or categories where there are too many. */
export async function listServices(context: ToolContext): Promise<ToolAnswer> {
  const { say } = context.deps;
  const services = offeredServices(context);
  const categories = [...new Set(services.flatMap((service) => service.category ?? []))];
  const spoken =
    services.length > NAMED && categories.length > 1
      ? say.serviceCategories({ categories })
      : say.services({
          services: services.slice(0, NAMED).map((service) => ({
            name: spokenServiceName(service),
            priceCents: service.priceCents,
          })),
        });
  return done("SERVICES", spoken, "ask_service");
}
