import { runApi } from "./process.js";

await runApi();
