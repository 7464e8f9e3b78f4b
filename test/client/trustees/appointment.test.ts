import { expect } from "chai";
import { type Hex32, hex32, isDkmsError } from "../../../client/core/index.ts";
import { keyIdOf } from "../../../client/keys/index.ts";
import {
  ALL_CAPABILITIES,
  type TrusteeCapabilities,
  type TrusteeSettings,
} from "../../../client/policy/index.ts";
import {
  type Appointment,
  appoint,
  blindedLeaf,
  checkAppointment,
  type Fellow,
  leafOfTrustee,
  merkleTree,
  type Trustee,
  type TrusteeSet,
} from "../../../client/trustees/index.ts";
import { contentOf } from "../../../client/trustees/trusteeSet.ts";
import { LAPTOP, LOCATION } from "../policy/fixtures.ts";
import { codeOf } from "../support.ts";
import { alike, consentOf, person, setOf } from "./support.ts";

const of = (set: TrusteeSet, i = 0) => appoint(set, person(i).id);
const blinded = (trustee: Trustee): Fellow => ({ blinded: blindedLeaf(contentOf(trustee)) });
const shown = (trustee: Trustee): Fellow => ({ content: contentOf(trustee) });

/** The refusal, with the capability where one is named. */
function refusal(appointment: Appointment): string | undefined {
  try {
    checkAppointment(appointment);
  } catch (error) {
    if (!isDkmsError(error)) return String(error);
    const { capability } = error.details as { readonly capability?: string };
    return capability === undefined ? error.code : `${error.code} ${capability}`;
  }
  return undefined;
}

/** A set whose settings were written by somebody who cheats. */
function forged(
  trustees: readonly Omit<Trustee, "proof">[],
  settings: TrusteeSettings,
  from: TrusteeSet,
): TrusteeSet {
  const tree = merkleTree(trustees.map(leafOfTrustee));
  return {
    ...from,
    settings: { ...settings, root: tree.root },
    trustees: trustees.map((one) => ({ ...one, proof: tree.proofOf(leafOfTrustee(one)) })),
  };
}

describe("trustees/appointment", () => {
  describe("of an honest set", () => {
    for (const count of [3, 4, 5, 8, 9]) {
      it(`convinces each of ${count} alike, and shows no fellow`, async () => {
        const set = await alike(count);
        for (let i = 0; i < count; i++) {
          const appointment = of(set, i);
          expect(refusal(appointment)).to.equal(undefined);
          expect(appointment.fellows).to.have.length(count - 1);
          for (const fellow of appointment.fellows) expect(Object.keys(fellow)).to.deep.equal(["blinded"]);
        }
      });
    }

    it("shows fellows whose capabilities differ, without what they signed", async () => {
      const set = await setOf([ALL_CAPABILITIES, ["ADMIN_AUTHZ"], ["ADMIN_AUTHZ"], ["RECOVERY_SHARE"]]);
      for (let i = 0; i < 4; i++) expect(refusal(of(set, i))).to.equal(undefined);
      const [fellow] = of(set).fellows;
      const { signature } = set.trustees[1] ?? expect.fail("no trustee");
      expect(fellow).to.deep.equal(shown(set.trustees[1] ?? expect.fail("no trustee")));
      expect(JSON.stringify(fellow, (_, value) => String(value))).not.to.contain(signature.slice(2, 40));
    });

    it("shows no fellow where all have the same few capabilities", async () => {
      const few: TrusteeCapabilities = ["RECOVERY_SHARE", "ADMIN_AUTHZ"];
      const set = await setOf([few, few, few]);
      expect(refusal(of(set))).to.equal(undefined);
      expect(of(set).fellows.every((fellow) => "blinded" in fellow)).to.equal(true);
    });

    it("is only for who is in it", async () => {
      const set = await alike(3);
      expect(codeOf(() => appoint(set, person(9).id))).to.equal("TRUSTEE_UNKNOWN");
    });
  });

  describe("is refused", () => {
    let five: TrusteeSet;
    let appointment: Appointment;
    let hidden: Omit<Trustee, "proof">;

    before(async () => {
      five = await alike(5);
      appointment = of(five);
      hidden = { ...(await consentOf(9)), salt: hex32(`0x${"99".repeat(32)}`) };
    });

    it("if a sixth trustee is in the tree, and not told", () => {
      const cheat = forged([...five.trustees, hidden], five.settings, five);
      const fellows = cheat.trustees.slice(1, 5).map(blinded);
      expect(refusal({ ...of(cheat), fellows })).to.equal("TRUSTEE_SET_UNPROVEN");
    });

    it("if a sixth trustee is told, and not counted", () => {
      const cheat = forged([...five.trustees, hidden], five.settings, five);
      expect(refusal(of(cheat))).to.equal("TRUSTEE_SET_UNPROVEN RECOVERY_SHARE");
    });

    it("if an inner node is shown as if it were one trustee's leaf", () => {
      // The siblings on the way to the root, each of which may stand for many.
      const cheat = forged([...five.trustees, hidden], five.settings, five);
      const [own] = cheat.trustees;
      if (own === undefined) return expect.fail("no trustee");
      const inner = own.proof.map((node): Fellow => ({ blinded: node }));
      expect(refusal({ ...of(cheat), trustee: own, fellows: inner })).to.equal("TRUSTEE_SET_UNPROVEN");
      const counted: TrusteeSettings = {
        ...cheat.settings,
        quorums: {
          ...cheat.settings.quorums,
          ...Object.fromEntries(
            ALL_CAPABILITIES.map((name) => [name, { count: inner.length + 1, quorum: 2 }]),
          ),
        },
      };
      expect(refusal({ ...of(cheat), trustee: own, fellows: inner, settings: counted })).to.equal(
        "TRUSTEE_SET_UNPROVEN",
      );
    });

    it("if leaves are shown as they stand in the tree, not what they are hashes of", () => {
      const fellows = five.trustees.slice(1).map((one): Fellow => ({ blinded: leafOfTrustee(one) }));
      expect(refusal({ ...appointment, fellows })).to.equal("TRUSTEE_SET_UNPROVEN");
    });

    it("if the tree is of another shape, in which something may hide", () => {
      const leaves = five.trustees.map(leafOfTrustee);
      const [own = "" as Hex32, ...rest] = leaves;
      const side = merkleTree(rest).root;
      const root = merkleTree([own, side]).root;
      const trustee = { ...appointment.trustee, proof: [side] };
      expect(refusal({ ...appointment, trustee, settings: { ...five.settings, root } })).to.equal(
        "TRUSTEE_SET_UNPROVEN",
      );
    });

    it("if one key is in it under two salts", async () => {
      const [first, second, ...rest] = five.trustees;
      if (first === undefined || second === undefined) return expect.fail("no trustees");
      const twice = { ...second, salt: hex32(`0x${"77".repeat(32)}`) };
      const cheat = forged([first, second, twice, ...rest.slice(1)], five.settings, five);
      const fellows = cheat.trustees.slice(1).map(shown);
      expect(refusal({ ...of(cheat), fellows })).to.equal("TRUSTEE_DUPLICATE");
    });

    it("if it is in it twice itself, or one blinded leaf is shown twice", () => {
      const [first, second, third, ...rest] = five.trustees;
      if (first === undefined || second === undefined || third === undefined) return expect.fail("nobody");
      const again = { ...first, salt: hex32(`0x${"77".repeat(32)}`) };
      const cheat = forged([first, again, third, ...rest], five.settings, five);
      expect(refusal({ ...of(cheat), fellows: cheat.trustees.slice(1).map(shown) })).to.equal(
        "TRUSTEE_DUPLICATE",
      );
      const [one, ...others] = appointment.fellows;
      if (one === undefined) return expect.fail("no fellow");
      expect(refusal({ ...appointment, fellows: [one, one, ...others.slice(1)] })).to.equal(
        "TRUSTEE_DUPLICATE",
      );
      expect(refusal({ ...appointment, fellows: [blinded(appointment.trustee), ...others] })).to.equal(
        "TRUSTEE_DUPLICATE",
      );
    });

    for (const capability of ALL_CAPABILITIES) {
      it(`if more have ${capability} than the set says, or fewer`, async () => {
        const set = await alike(6);
        for (const count of [5, 7]) {
          const settings = {
            ...set.settings,
            quorums: { ...set.settings.quorums, [capability]: { count, quorum: 3 } },
          };
          expect(refusal({ ...of(set), settings }), `${count}`).to.equal(
            `TRUSTEE_SET_UNPROVEN ${capability}`,
          );
        }
      });
    }

    it("if fellows of unequal capabilities are blinded: each may have every one", async () => {
      const set = await setOf([ALL_CAPABILITIES, ["ADMIN_AUTHZ"], ["ADMIN_AUTHZ"], ["RECOVERY_SHARE"]]);
      const honest = of(set);
      const fellows = [...honest.fellows.slice(0, 2), blinded(set.trustees[3] ?? expect.fail("nobody"))];
      expect(refusal({ ...honest, fellows })).to.equal("TRUSTEE_SET_UNPROVEN REVOKE_AUTHZ");
    });

    it("if a fellow is shown with capabilities that it has not", async () => {
      const set = await setOf([ALL_CAPABILITIES, ["ADMIN_AUTHZ"], ["ADMIN_AUTHZ"], ["RECOVERY_SHARE"]]);
      const [first, ...others] = of(set).fellows;
      if (first === undefined || "blinded" in first) return expect.fail("no fellow");
      const lie = { content: { ...first.content, capabilities: ["RECOVERY_SHARE"] as const } };
      expect(refusal({ ...of(set), fellows: [lie, ...others] })).to.equal("TRUSTEE_SET_UNPROVEN");
    });

    it("if one fellow is left out, or a stranger shown instead", () => {
      expect(refusal({ ...appointment, fellows: appointment.fellows.slice(1) })).to.equal(
        "TRUSTEE_SET_UNPROVEN",
      );
      const stranger = { blinded: hex32(`0x${"11".repeat(32)}`) };
      expect(refusal({ ...appointment, fellows: [stranger, ...appointment.fellows.slice(1)] })).to.equal(
        "TRUSTEE_SET_UNPROVEN",
      );
      expect(refusal({ ...appointment, fellows: [...appointment.fellows, stranger] })).to.equal(
        "TRUSTEE_SET_UNPROVEN",
      );
    });

    it("if the root, the proof or the salt is another", () => {
      const zeros = hex32(`0x${"01".repeat(32)}`);
      const { settings, trustee } = appointment;
      expect(refusal({ ...appointment, settings: { ...settings, root: zeros } })).to.equal("TRUSTEE_UNKNOWN");
      for (const more of [{ proof: [] }, { proof: [...trustee.proof, zeros] }, { salt: zeros }]) {
        expect(refusal({ ...appointment, trustee: { ...trustee, ...more } })).to.equal("TRUSTEE_UNKNOWN");
      }
    });

    it("if settings could not serve", () => {
      const { settings } = appointment;
      const quorums = { ...settings.quorums, ADMIN_AUTHZ: { count: 5, quorum: 1 } };
      expect(refusal({ ...appointment, settings: { ...settings, quorums } })).to.equal(
        "TRUSTEE_QUORUM_INVALID ADMIN_AUTHZ",
      );
      expect(refusal({ ...appointment, settings: { ...settings, delay: 91 * 86_400 } })).to.equal(
        "SETTING_OUT_OF_RANGE",
      );
    });

    it("if the consent is another's, for another policy or registry, or altered", () => {
      const { trustee } = appointment;
      const other = five.trustees[1] ?? expect.fail("nobody");
      for (const forgery of [
        { ...appointment, trustee: { ...trustee, signature: other.signature } },
        { ...appointment, trustee: { ...trustee, deadline: trustee.deadline + 1n } },
        { ...appointment, trustee: { ...trustee, capabilities: ["ADMIN_AUTHZ"] as const } },
        { ...appointment, policy: LAPTOP.commitment as never },
        { ...appointment, location: { ...LOCATION, chainId: 1n } },
      ]) {
        expect(refusal(forgery)).to.equal("TRUSTEE_CONSENT_MISMATCH");
      }
    });

    it("if the set gave the trustee's place to somebody who consented to something else", async () => {
      const less = await consentOf(0, ["ADMIN_AUTHZ"]);
      const { salt } = appointment.trustee;
      const set = forged(five.trustees, five.settings, five);
      expect(refusal({ ...of(set), trustee: { ...of(set).trustee, ...less, salt } })).to.equal(
        "TRUSTEE_UNKNOWN",
      );
    });
  });

  it("counts nobody for a capability that the set does not have: no quorum, no deed", async () => {
    const set = await alike(4);
    const quorums = { ...set.settings.quorums, PROVISION_AUTHZ: { count: 0, quorum: 0 } };
    expect(refusal({ ...of(set), settings: { ...set.settings, quorums } })).to.equal(undefined);
  });

  it("names its trustee by the key's id", async () => {
    const set = await alike(3);
    expect(keyIdOf(of(set, 2).trustee.key)).to.equal(person(2).id);
  });
});
