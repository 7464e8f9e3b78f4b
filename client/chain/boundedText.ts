/**
 * The text of a response, or undefined once it is longer than an honest one: a server must not fill our memory.
 *
 * @param maxLength In characters.
 */
export async function boundedText(response: Response, maxLength: number): Promise<string | undefined> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) return text + decoder.decode();
    text += decoder.decode(chunk.value, { stream: true });
    if (text.length > maxLength) {
      await reader?.cancel();
      return undefined;
    }
  }
}
