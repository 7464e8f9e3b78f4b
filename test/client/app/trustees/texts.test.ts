import { expect } from "chai";
import {
  parseAppointment,
  parseRecoveryConsent,
  parseRecoveryRequest,
  parseTrusteeConsent,
  parseTrusteeOffer,
  parseTrusteeRevoke,
  parseTrusteeSet,
  parseTrusteeVoice,
  type RecoveryConsent,
  serializeAppointment,
  serializeRecoveryConsent,
  serializeRecoveryRequest,
  serializeTrusteeConsent,
  serializeTrusteeOffer,
  serializeTrusteeRevoke,
  serializeTrusteeSet,
  serializeTrusteeVoice,
} from "../../../../client/app/index.ts";
import type { Hex } from "../../../../client/core/index.ts";
import { webauthnKey } from "../../../../client/keys/index.ts";
import { ALL_CAPABILITIES, buildTrusteeRevoke } from "../../../../client/policy/index.ts";
import { appoint, type Trustee } from "../../../../client/trustees/index.ts";
import { LAPTOP, LOCATION, NOW, OPERATIONS, PHONE, POLICY, SERVER } from "../../policy/fixtures.ts";
import { codeOf } from "../../support.ts";
import { alike, consentOf, OFFER, person, setOf } from "../../trustees/support.ts";

type Text = { readonly text: string; readonly value: unknown; readonly parse: (text: string) => unknown };

const { rootCommitment } = OPERATIONS.EmergencyRotate.settings;
const deadline = 2n ** 64n - 1n;
const consented: RecoveryConsent & { readonly recovery: bigint } = {
  recovery: 3n,
  power: { key: SERVER.key, authorizations: ["PROVE_GRANT", "ADMIN"] },
  acceptance: { deadline, signature: "0xabcd" },
};

/** One text of each kind, with all that it can hold. */
async function texts(): Promise<Readonly<Record<string, Text>>> {
  const set = await alike(4);
  const mixed = await setOf([ALL_CAPABILITIES, ["ADMIN_AUTHZ"], ["ADMIN_AUTHZ"], ["ADMIN_AUTHZ"]]);
  const consent = await consentOf(0);
  const blinded = appoint(set, person(1).id);
  const shown = appoint(mixed, person(1).id);
  const voice = {
    settings: set.settings,
    approval: { trustee: blinded.trustee, signature: "0x1234" as Hex },
  };
  const revoke = buildTrusteeRevoke({
    ...{ policy: POLICY, epoch: 2, trusteeSet: 4, now: NOW, agents: [LAPTOP.id, PHONE.id], nonce: 7n },
  });
  const { recovery, ...member } = consented;
  const request = {
    ...{ location: LOCATION, policy: POLICY, recovery, agents: [member] },
    settings: { grantQuorum: 1, adminQuorum: 1, contractKeysCount: true, rootCommitment },
  };
  return {
    offer: { text: serializeTrusteeOffer(OFFER), value: OFFER, parse: parseTrusteeOffer },
    consent: { text: serializeTrusteeConsent(consent), value: consent, parse: parseTrusteeConsent },
    appointment: { text: serializeAppointment(blinded), value: blinded, parse: parseAppointment },
    "appointment with fellows": { text: serializeAppointment(shown), value: shown, parse: parseAppointment },
    set: { text: serializeTrusteeSet(set), value: set, parse: parseTrusteeSet },
    voice: { text: serializeTrusteeVoice(voice), value: voice, parse: parseTrusteeVoice },
    revoke: { text: serializeTrusteeRevoke(revoke), value: revoke, parse: parseTrusteeRevoke },
    "recovery consent": {
      ...{ text: serializeRecoveryConsent(consented), value: consented, parse: parseRecoveryConsent },
    },
    "recovery request": {
      ...{ text: serializeRecoveryRequest(request), value: request, parse: parseRecoveryRequest },
    },
  };
}

/** Every value inside of a JSON text, by the way to it. */
function leaves(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, item]) =>
    leaves(item, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return path.length === 0 ? inner : [path, ...inner];
}

function altered(text: string, path: readonly (string | number)[], to: unknown): string {
  const copy = JSON.parse(text) as Record<string | number, unknown>;
  let at = copy;
  for (const step of path.slice(0, -1)) at = at[step] as typeof copy;
  const last = path.at(-1) ?? "";
  if (to === undefined) delete at[last];
  else at[last] = to;
  return JSON.stringify(copy);
}

const all = await texts();

describe("app/trustees/texts", () => {
  for (const [name, { text, value, parse }] of Object.entries(all)) {
    describe(name, () => {
      const refuses = (bad: string, why: string) =>
        expect(
          codeOf(() => parse(bad)),
          why,
        ).to.equal("MESSAGE_MALFORMED");

      it("comes back", () => {
        expect(parse(text)).to.deep.equal(value);
      });

      it("is refused where it is truncated, at every character", () => {
        for (let end = 0; end < text.length; end++) refuses(text.slice(0, end), `${end}`);
      });

      it("is refused as text of another kind, or no message", () => {
        for (const [other, { text: foreign }] of Object.entries(all)) {
          if (other.split(" ")[0] === name.split(" ")[0] && !name.startsWith("recovery")) continue;
          if (other !== name) refuses(foreign, other);
        }
        for (const bad of ["", "null", "[]", "{}", "7", `${text}x`, `[${text}]`])
          refuses(bad, bad.slice(0, 9));
        refuses(text.replace("-v1", "-v2"), "another version");
      });

      it("is refused if it is huge", () => {
        refuses(" ".repeat(1_048_577 - text.length) + text, "one character too many");
        expect(parse(" ".repeat(1_048_576 - text.length) + text)).to.deep.equal(value);
      });

      it("is refused if anything in it is missing or of another type", () => {
        for (const path of leaves(JSON.parse(text))) {
          // An item of a list that is left out is a shorter list, which other checks find out.
          const bad = typeof path.at(-1) === "number" ? [null, true] : [undefined, null, {}, -1, 1.5];
          for (const to of bad) refuses(altered(text, path, to), `${path.join(".")} ${JSON.stringify(to)}`);
        }
      });

      it("is refused with numbers that no struct holds", () => {
        for (const path of leaves(JSON.parse(text))) {
          const name = String(path.at(-1));
          if (["deadline", "recovery", "nonce"].includes(name)) {
            refuses(altered(text, path, `${2n ** 64n}`), path.join("."));
          }
          if (name === "trusteeSet") refuses(altered(text, path, 2 ** 32), path.join("."));
          if (name === "policy") refuses(altered(text, path, `${2n ** 256n}`), path.join("."));
        }
      });
    });
  }

  it("refuse hex that is none, and keys and capabilities that there are not", () => {
    const { text, parse } = all.consent ?? expect.fail("no consent");
    const refusal = (path: readonly string[], to: unknown) => codeOf(() => parse(altered(text, path, to)));
    expect(refusal(["signature"], "0x123")).to.equal("MESSAGE_MALFORMED");
    expect(refusal(["signature"], "1234")).to.equal("MESSAGE_MALFORMED");
    expect(refusal(["key"], "0x00")).to.equal("MESSAGE_MALFORMED");
    expect(refusal(["kind"], 9)).to.equal("MESSAGE_MALFORMED");
    expect(refusal(["capabilities"], ["ADMIN"])).to.equal("MESSAGE_MALFORMED");
    expect(refusal(["deadline"], "01")).to.equal("MESSAGE_MALFORMED");
    expect(refusal(["deadline"], "-1")).to.equal("MESSAGE_MALFORMED");
  });

  it("refuse trustees who could not serve, and rules that are none", () => {
    const { text, parse } = all.appointment ?? expect.fail("no appointment");
    const few = altered(text, ["settings", "quorums", "ADMIN_AUTHZ", "quorum"], 1);
    expect(codeOf(() => parse(few))).to.equal("MESSAGE_MALFORMED");
    const long = altered(text, ["settings", "delay"], 91 * 86_400);
    expect(codeOf(() => parse(long))).to.equal("MESSAGE_MALFORMED");
    const request = all["recovery request"] ?? expect.fail("no request");
    const nobody = altered(request.text, ["settings", "adminQuorum"], 0);
    expect(codeOf(() => request.parse(nobody))).to.equal("MESSAGE_MALFORMED");
  });

  it("hold the largest set that there is: 255 trustees with passkeys", () => {
    const publicKey = `0x${"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"}${"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"}`;
    const set = all.set?.value as Awaited<ReturnType<typeof alike>>;
    const [first] = set.trustees;
    if (first === undefined) return expect.fail("no trustee");
    const passkey: Trustee = {
      ...{ ...first, key: webauthnKey({ publicKey, deviceBound: true }) },
      ...{ signature: `0x${"ab".repeat(700)}`, proof: Array.from({ length: 8 }, () => first.salt) },
    };
    const countOf = (name: string) => (name === "RECOVERY_SHARE" ? 255 : 32);
    const quorums = Object.fromEntries(
      ALL_CAPABILITIES.map((name) => [name, { count: countOf(name), quorum: 17 }]),
    ) as never;
    const largest = {
      ...{ ...set, settings: { ...set.settings, quorums } },
      trustees: Array.from({ length: 255 }, () => passkey),
    };
    expect(parseTrusteeSet(serializeTrusteeSet(largest)).trustees).to.have.length(255);
  });

  it("do not repeat what they refuse: it may tell whose trustee somebody is", () => {
    try {
      parseAppointment(`${all.appointment?.text}x`);
      expect.fail("must be refused");
    } catch (error) {
      expect(String(error)).not.to.contain(String(POLICY));
    }
  });
});
