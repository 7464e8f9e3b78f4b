import { expect } from "chai";
import { benchDid } from "../../bench/did.ts";

const MAX_CREATE = 90_000;
const MAX_UPDATE = 60_000;

describe("DidRegistry", () => {
  it("creates for at most 90,000 gas and updates for at most 60,000, each below ERC-1056", async () => {
    const gas = await benchDid();
    expect(gas.create4).to.be.at.most(MAX_CREATE);
    expect(gas.createRelayed).to.be.at.most(MAX_CREATE);
    expect(gas.update1).to.be.at.most(MAX_UPDATE);
    expect(gas.update8).to.be.at.most(MAX_UPDATE);
    const { ethr } = gas;
    for (const change of [
      "create4",
      "createRelayed",
      "update1",
      "update8",
      "rotateControllers",
      "deactivate",
    ] as const)
      expect(gas[change], change).to.be.below(ethr[change]);
  });
});
