import { bech32 } from "@scure/base";
import { Encrypter } from "age-encryption";
import { expect } from "chai";
import { toBase64url } from "../../client/recovery/encoding.ts";
import {
  type ConnectionKeys,
  generateConnectionKeys,
  mailbox,
  memoryTransport,
  newMessage,
  replayBook,
  startMachine,
} from "../../client/recovery/index.ts";
import { memoryStore, seeded } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

const NOW = 1_900_000_000;

/** Sealed to `to` by anybody who knows the public keys of both. */
async function letter(from: ConnectionKeys, to: ConnectionKeys, body: string): Promise<Uint8Array> {
  const fields = `"version":"1.0","id":"${"A".repeat(22)}","created":${NOW},"expires":${NOW + 60}`;
  const keys = `"from":"${toBase64url(from.signingKey)}","to":"${toBase64url(to.agreementKey)}"`;
  const encrypter = new Encrypter();
  encrypter.addRecipient(bech32.encodeFromBytes("age", to.agreementKey));
  return await encrypter.encrypt(`{${fields},${keys},"signature":"${"A".repeat(86)}","body":${body}}`);
}

describe("findings: a letter that no canonical text can be made of", () => {
  const ada = generateConnectionKeys(seeded(1));
  const ben = generateConnectionKeys(seeded(2));

  for (const [what, body] of [
    ["half a character", '{"x":"\\ud800"}'],
    ["half a character as a name", '{"\\udfff":1}'],
    ["an infinite number", '{"x":1e999}'],
    ["depth without end", `{"x":${"[".repeat(60_000)}${"]".repeat(60_000)}}`],
  ] as const) {
    it(`is refused as any other, with ${what} in it, and the next is taken`, async () => {
      const refused: string[] = [];
      const taken: string[] = [];
      const transport = memoryTransport();
      const box = mailbox({
        ...{ keys: ben, transport, replays: replayBook(), clock: () => NOW },
        contacts: () => [{ ...ada, endpoint: "ada" }],
        onMessage: async ({ message }) => void taken.push(message.type),
        onRefused: ({ code }) => void refused.push(code),
      });
      transport.listen("ben", box.receive);
      await transport.send("ben", await letter(ada, ben, body));
      const adas = mailbox({
        ...{ keys: ada, transport, replays: replayBook(), clock: () => NOW },
        ...{ contacts: () => [], onMessage: async () => undefined },
      });
      const message = newMessage("SHARE_COMMIT", { tag: "A".repeat(43), epoch: 1 }, { now: NOW });
      await adas.send({ ...ben, endpoint: "ben" }, message);
      expect(refused).to.have.length(1);
      expect(refused[0]).to.match(/^ENVELOPE_/);
      expect(taken).to.deep.equal(["SHARE_COMMIT"]);
    });
  }

  it("nor can a state be stored, which stays as it was", async () => {
    const machine = await startMachine<{ at: number }, number, never>({
      ...{ initial: { at: 1 }, store: memoryStore(), name: "state" },
      reduce: (_, at) => ({ state: { at }, effects: [] }),
      carryOut: async () => [],
    });
    expect(await codeOfAsync(() => machine.dispatch(Number.NaN))).to.equal("STATE_DAMAGED");
    expect(machine.state()).to.deep.equal({ at: 1 });
    expect(await machine.dispatch(2)).to.deep.equal({ at: 2 });
  });
});
