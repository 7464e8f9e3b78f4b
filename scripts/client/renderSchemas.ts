import { z } from "zod";
import { messageSchema } from "../../client/recovery/index.ts";

/** The JSON Schema of the trustee protocol's messages, from the definitions that the client checks them with. */
export function renderSchemas(): string {
  return `${JSON.stringify(z.toJSONSchema(messageSchema, { target: "draft-2020-12" }), null, 2)}\n`;
}
