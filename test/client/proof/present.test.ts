import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import { sumPublic } from "../../../client/proof/groth16.ts";
import { DISCLOSE, hiddenInputs, type Presentation, webAudience } from "../../../client/proof/index.ts";
import { decodeG1, encodeG1 } from "../../../client/proof/points.ts";
import { check, newCredential, outcome, request, SCOPE, scenario, show } from "./support.ts";

const { Fr } = bn254.fields;

/** What a scalar is reduced from: 128 bits more than r has. */
const SCALAR_DRAW_BYTES = 48;

describe("proof/present", () => {
  const s = scenario();

  for (const disclose of [0, 1, 2, 3, 5, 6, 7]) {
    it(`verifies with disclose ${disclose} and shows just the pseudonyms asked for`, () => {
      const asked = request({ disclose });
      const { owner, device, agents } = check(s, asked, show(s, asked));
      expect(owner !== undefined).to.equal((disclose & DISCLOSE.OWNER) !== 0);
      expect(device !== undefined).to.equal((disclose & DISCLOSE.DEVICE) !== 0);
      expect(agents).to.equal(1000n);
    });
  }

  it("shows the same pseudonyms in one scope, others in another scope and to another audience", () => {
    const first = request();
    const again = request();
    const elsewhere = request({ scope: hex32(`0x${"5d".repeat(32)}`) });
    const audience = webAudience("https://other.example");
    const a = check(s, first, show(s, first));
    const b = check(s, again, show(s, again));
    const c = check(s, elsewhere, show(s, elsewhere));
    const d = check(s, first, show(s, first, { audience }), { context: { ...s.context, audience } });
    expect(a).to.deep.equal(b);
    expect(new Set([a.owner, a.device, c.owner, c.device, d.owner, d.device]).size).to.equal(6);
  });

  it("shows the same pseudonym to every audience of a shared scope, and only after consent", () => {
    const asked = request({ disclose: 5, scope: SCOPE });
    const audience = webAudience("https://other.example");
    const here = check(s, asked, show(s, asked));
    const there = check(s, asked, show(s, asked, { audience }), { context: { ...s.context, audience } });
    expect(here.owner).to.equal(there.owner);
  });

  it("links two presentations by nothing but the revealed inputs", () => {
    const asked = request({ disclose: 0 });
    const [first, second] = [values(show(s, asked)), values(show(s, asked))];
    const revealed = new Set<bigint>([...Object.values(s.authorization.revealed), 0n]);
    const shared = first.filter((value) => second.includes(value) && !revealed.has(value));
    expect(shared).to.deep.equal([]);
  });

  it("blinds each secret with a draw of its own: three for the base proof, four for the sigma proof", () => {
    const asked = request();
    const { drawn, parts } = redraw([], () => show(s, asked));
    const moved = drawn.map((_, position) => {
      const others = redraw(drawn.with(position, undefined), () => show(s, asked)).parts;
      return Object.keys(parts).filter((name) => parts[name] !== others[name]);
    });
    const baseProof = [
      ["a", "b"],
      ["b", "c"],
      ["c", "h"],
    ];
    expect(moved).to.have.deep.members([...baseProof, ["kPolicy"], ["kOwner"], ["kDevice"], ["kZ"]]);
  });

  /** Presents with the scalars given, fresh ones where there is none, and takes apart what depends on them. */
  function redraw(scalars: readonly (Uint8Array | undefined)[], showing: () => Presentation) {
    const drawn: (Uint8Array | undefined)[] = [];
    const getRandomValues = crypto.getRandomValues.bind(crypto);
    const draw = (bytes: Uint8Array<ArrayBuffer>) => {
      getRandomValues(bytes);
      // The curve library draws blinding values of other lengths for its own use.
      if (bytes.length !== SCALAR_DRAW_BYTES) return bytes;
      bytes.set(scalars[drawn.length] ?? bytes);
      drawn.push(bytes.slice());
      return bytes;
    };
    Object.defineProperty(crypto, "getRandomValues", { value: draw, configurable: true });
    try {
      return { drawn, parts: partsOf(showing()) };
    } finally {
      Reflect.deleteProperty(crypto, "getRandomValues");
    }
  }

  /** The blinded points, and the nonces s - c x as who knows the secrets can compute them; that of z as a point. */
  function partsOf(p: Presentation): Readonly<Record<string, string>> {
    const { policy, ownerKey, deviceKey } = hiddenInputs(s.credential).reveal();
    const nonce = (response: bigint, x: bigint) => `${Fr.sub(response, Fr.mul(p.sigmaChallenge, x))}`;
    const [, , , , l4, l5, l6] = s.key.inputs;
    const hidden = sumPublic([l4, l5, l6], [policy, ownerKey, deviceKey]);
    const blinding = decodeG1(p.h, "h").subtract(hidden);
    return {
      a: p.a.join(),
      b: p.b.join(),
      c: p.c.join(),
      h: p.h.join(),
      kPolicy: nonce(p.sPolicy, policy),
      kOwner: nonce(p.sOwner, ownerKey),
      kDevice: nonce(p.sDevice, deviceKey),
      kZ: encodeG1(sumPublic([s.key.delta1, blinding.negate()], [p.sZ, p.sigmaChallenge])).join(),
    };
  }

  it("does not prove with another agent's secrets", () => {
    const asked = request();
    expect(outcome(() => check(s, asked, show(s, asked, { credential: newCredential() })))).to.equal(
      "PAIRING_MISMATCH",
    );
  });
});

function values(p: Presentation): bigint[] {
  return Object.values(p).flat();
}
