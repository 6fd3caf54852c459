import type { Say } from "./said.js";
import { appointmentAnswers } from "./say-appointments.js";
import { changes } from "./say-changes.js";
import { offerAnswers } from "./say-offers.js";
import { questions } from "./say-questions.js";
import { serviceAnswers } from "./say-service.js";

/** What the voice tools say, one function for each answer. */
export const say: Say = {
  ...offerAnswers,
  ...questions,
  ...changes,
  ...appointmentAnswers,
  ...serviceAnswers,
};
