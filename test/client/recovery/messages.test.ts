import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import {
  dealSecret,
  type Message,
  type MessageType,
  newMessage,
  newMessageId,
  parseMessage,
  readMessage,
  requireFresh,
  type ShareJson,
  signShares,
  type TrusteeMessage,
  verifyShare,
  writeMessage,
} from "../../../client/recovery/index.ts";
import { renderSchemas } from "../../../scripts/client/renderSchemas.ts";
import { codeOf } from "../support.ts";
import { SOURCE_DID, seeded, signerOf, TRUSTEES } from "./support.ts";

const NOW = 1_900_000_000;
const owner = signerOf(1);
const tag = "A".repeat(43);
const signature = "A".repeat(86);
const KEY = "Rtna123KPuQWEcxzbNMjkb";

async function oneShare(): Promise<ShareJson> {
  const dealt = dealSecret({ threshold: 2, count: 5, epoch: 1, random: seeded(4) });
  const [share] = await signShares({ dealt, sourceDid: SOURCE_DID, trustees: TRUSTEES, signer: owner });
  if (share === undefined) throw new Error("five shares");
  return share;
}

describe("recovery/messages", () => {
  let share: ShareJson;
  let all: TrusteeMessage[];
  before(async () => {
    share = await oneShare();
    const options = { now: NOW, random: seeded(9) };
    const for_id = newMessageId(seeded(1));
    all = [
      newMessage("CAPABILITY_OFFER", { capabilities: ["RECOVERY_SHARE", "REVOKE_AUTHZ"] }, options),
      newMessage(
        "CAPABILITY_REQUEST",
        { for_id, capabilities: ["RECOVERY_SHARE"], authorizationKeys: [KEY] },
        options,
      ),
      newMessage("CAPABILITY_RESPONSE", { for_id, address: "b3AFkei98bf3R2s", share }, options),
      newMessage(
        "TRUST_PING",
        { challenge: { question: "Are you on a call with Ada?", valid_responses: ["Yes", "No"] } },
        options,
      ),
      newMessage("TRUST_PONG", { for_id, answer: { answerValue: "Yes" } }, options),
      newMessage("KEY_HEARTBEAT_REQUEST", { authorizationKeys: [KEY], tag }, options),
      newMessage(
        "KEY_HEARTBEAT_RESPONSE",
        {
          for_id,
          authorizationKeys: [{ key: KEY, signature: "AA" }],
          share: { tag, index: 1, proof: signature },
        },
        options,
      ),
      newMessage("RECOVERY_SHARE_CHALLENGE", { challenge: { question: "Where did we meet?" } }, options),
      newMessage("RECOVERY_SHARE_RESPONSE", { for_id, response: { answer: "3qA5h7" } }, options),
      newMessage("SHARE_PREPARE", { share }, options),
      newMessage("SHARE_PREPARED", { for_id, tag, epoch: 2, index: 1, signature }, options),
      newMessage("SHARE_COMMIT", { tag, epoch: 2 }, options),
      newMessage("SHARE_ABORT", { tag, epoch: 2 }, options),
      newMessage("SHARE_RETIRE", { tag, epoch: 2 }, options),
    ];
  });

  it("are written in one form and read back", () => {
    expect(new Set(all.map(({ type }) => type)).size).to.equal(14);
    for (const message of all) {
      const text = writeMessage(message);
      expect(parseMessage(text)).to.deep.equal(message);
      expect(writeMessage(parseMessage(text))).to.equal(text);
      expect(Object.keys(JSON.parse(text))).to.deep.equal(Object.keys(message).sort());
    }
  });

  it("have ids of their own and expire", () => {
    const [one, two] = [0, 1].map(() =>
      newMessage("SHARE_COMMIT", { tag, epoch: 2 }, { now: NOW, lifetime: 60 }),
    );
    if (one === undefined || two === undefined) throw new Error("two messages");
    expect(one.id).not.to.equal(two.id);
    expect(codeOf(() => requireFresh(one, NOW + 60))).to.equal(undefined);
    expect(codeOf(() => requireFresh(one, NOW + 61))).to.equal("MESSAGE_EXPIRED");
  });

  it("are refused if a field that must be there is missing or of another kind, naming it", () => {
    for (const message of all) {
      const optional = ["address", "share", "tag"];
      for (const field of Object.keys(message)) {
        if (field === "type" || (optional.includes(field) && !message.type.startsWith("SHARE"))) continue;
        const { [field]: _, ...rest } = message as Record<string, unknown>;
        for (const bad of [rest, { ...rest, [field]: 7.7 }]) {
          try {
            readMessage(bad);
            expect.fail(`${message.type} without ${field}`);
          } catch (error) {
            expect(error).to.have.property("code", "MESSAGE_MALFORMED");
            expect(String((error as { details: { field: string } }).details.field)).to.match(
              new RegExp(`^${field}`),
            );
          }
        }
      }
    }
  });

  it("of unknown types, and what is none, are refused", () => {
    for (const bad of [{}, null, 1, "x", [], { type: "HELLO" }, { type: 7 }]) {
      expect(
        codeOf(() => readMessage(bad)),
        JSON.stringify(bad),
      ).to.be.oneOf(["MESSAGE_TYPE_UNKNOWN", "MESSAGE_MALFORMED"]);
    }
    expect(codeOf(() => readMessage({ type: "HELLO" }))).to.equal("MESSAGE_TYPE_UNKNOWN");
    expect(codeOf(() => parseMessage("{"))).to.equal("MESSAGE_MALFORMED");
    const [offer] = all;
    const padded = (length: number) => {
      const text = JSON.stringify({ ...offer, padding: "" });
      return text.replace('"padding":""', `"padding":"${"x".repeat(length - text.length)}"`);
    };
    expect(codeOf(() => parseMessage(padded(100_000)))).to.equal(undefined);
    expect(codeOf(() => parseMessage(padded(100_001)))).to.equal("MESSAGE_MALFORMED");
  });

  it("never come from anything but themselves: any JSON is read to a message or to a typed error", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...all), fc.string(), (value, message, field) => {
        for (const json of [value, { ...message, [field]: value }]) {
          const code = codeOf(() => readMessage(json));
          if (code !== undefined) expect(code).to.match(/^MESSAGE_(?:MALFORMED|TYPE_UNKNOWN)$/);
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  describe("of the source", () => {
    const channel = { id: "envelope-1", expires: NOW + 60, for_id: "envelope-0" };
    const read = (json: unknown) => readMessage(json, channel);

    it("are read as its examples have them", () => {
      const offer = {
        version: "0.1",
        type: "CAPABILITY_OFFER",
        capabilities: ["RECOVERY_SHARE", "PROVISION_AUTHZ"],
      };
      expect(read({ ...offer, expires: 1_517_428_815 })).to.deep.equal({
        ...offer,
        version: "1.0",
        id: "envelope-1",
        expires: 1_517_428_815,
      });
      const request = {
        version: "0.1",
        type: "CAPABILITY_REQUEST",
        authorizationKeys: [KEY],
        capabilities: ["REVOKE_AUTHZ"],
      };
      expect(read(request)).to.deep.equal({ ...request, version: "1.0", ...channel });
      const heartbeat = { version: "0.1", type: "KEY_HEARTBEAT_REQUEST", authorizationKeys: [KEY] };
      expect(read(heartbeat)).to.include({ type: "KEY_HEARTBEAT_REQUEST", id: "envelope-1" });
      const pong = { version: "0.1", type: "TRUST_PONG", answer: { answerValue: "Yes" } };
      expect(read(pong)).to.deep.include({ for_id: "envelope-0", answer: { answerValue: "Yes" } });
    });

    const offer = { version: "0.1", capabilities: ["ADMIN_AUTHZ"], expires: 1 };
    for (const [variant, json, expected] of [
      [
        "expires as text",
        { ...offer, type: "CAPABILITY_OFFER", expires: "1517428815" },
        { expires: 1_517_428_815 },
      ],
      ["CAPABILTY_OFFER", { ...offer, type: "CAPABILTY_OFFER" }, { type: "CAPABILITY_OFFER" }],
      ["TRUSTEE_OFFER", { ...offer, type: "TRUSTEE_OFFER" }, { type: "CAPABILITY_OFFER" }],
      [
        "CAPABILTY_REQUEST with an answer for each capability",
        {
          version: "0.1",
          type: "CAPABILTY_REQUEST",
          capabilities: { RECOVERY_SHARE: "True", ADMIN_AUTHZ: "false", REVOKE_AUTHZ: "accepted" },
          authorizationKeys: [],
        },
        { type: "CAPABILITY_REQUEST", capabilities: ["RECOVERY_SHARE", "REVOKE_AUTHZ"] },
      ],
      [
        "a pin as response",
        { version: "0.1", type: "RECOVERY_SHARE_RESPONSE", response: { pin: "3qA5h7" } },
        { response: { answer: "3qA5h7" } },
      ],
      ["fields of later versions", { ...offer, type: "CAPABILITY_OFFER", mood: "good" }, { expires: 1 }],
    ] as const) {
      it(`are read with ${variant}, and written in the one form`, () => {
        const message = read(json);
        expect(message).to.deep.include(expected);
        expect(message).not.to.have.property("mood");
        expect(parseMessage(writeMessage(message))).to.deep.equal(message);
      });
    }

    it("are read with the misspelt threshold, under which the share's signature still holds", () => {
      const { threshold, trustees } = share.hint;
      const json = {
        version: "0.1",
        type: "CAPABILTY_RESPONSE",
        share: { ...share, hint: { theshold: threshold, trustees } },
      };
      const message = read(json) as Message<"CAPABILITY_RESPONSE">;
      expect(verifyShare(message.share, { dealerKey: owner.publicKey }).index).to.equal(1);
    });

    it("are refused where no reading makes sense", () => {
      for (const json of [
        { ...offer, type: "CAPABILITY_OFFER", expires: "soon" },
        { ...offer, type: "CAPABILITY_OFFER", expires: "-1" },
        { ...offer, type: "CAPABILITY_OFFER", version: "0.2" },
        { ...offer, type: "CAPABILITY_OFFER", capabilities: ["EVERYTHING"] },
      ]) {
        expect(codeOf(() => read(json))).to.equal("MESSAGE_MALFORMED");
      }
      expect(codeOf(() => readMessage({ ...offer, type: "CAPABILITY_OFFER" }))).to.equal("MESSAGE_MALFORMED");
    });
  });

  it("have a JSON schema for each type, as committed (renew it with: npm run generate:schemas)", () => {
    expect(readFileSync("docs/schemas/trustee-messages.json", "utf8")).to.equal(renderSchemas());
    const types = all.map(({ type }) => type as MessageType);
    for (const type of types) expect(renderSchemas()).to.contain(`"${type}"`);
  });
});
