import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import { DISCLOSE, type Presentation, webAudience } from "../../../client/proof/index.ts";
import { check, newCredential, outcome, request, SCOPE, scenario, show } from "./support.ts";

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
