export type { PaperErrorCode } from "./errors.ts";
export { PaperError } from "./errors.ts";
export type { Paper, PaperFields } from "./paper.ts";
export type { PaperInput } from "./recover.ts";
export { recoverFromPaper } from "./recover.ts";
export type { PaperPages } from "./render.ts";
export { renderPaper } from "./render.ts";
