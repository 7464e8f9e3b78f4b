import { expect } from "chai";
import {
  appointmentMessage,
  consentOf,
  offerCapabilities,
  parseAppointment,
  parseTrusteeOffer,
  requestCapabilities,
  serializeTrusteeOffer,
} from "../../../../client/app/index.ts";
import { keyIdOf } from "../../../../client/keys/index.ts";
import {
  ownerEnrolment,
  parseMessage,
  trusteeEnrolment,
  writeMessage,
} from "../../../../client/recovery/index.ts";
import { appoint } from "../../../../client/trustees/index.ts";
import { codeOf, codeOfAsync } from "../../support.ts";
import { draftSet, openTrusteeWorld, type TrusteeWorld } from "../trusteeWorld.ts";

const BOTH = ["RECOVERY_SHARE", "ADMIN_AUTHZ"] as const;

describe("app: becoming a trustee by messages", () => {
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  const place = () => ({ registry: world.node.registry, policy: world.record.policy });
  const friend = () => world.people[0] ?? world.phone;

  it("asks, agrees to less, and carries the consent through both state machines", async () => {
    const { registry, policy } = place();
    const now = Number(await world.now());
    const offer = await offerCapabilities(registry, policy, BOTH);
    expect(parseMessage(writeMessage(offer))).to.deep.equal(offer);
    const heard = trusteeEnrolment({ step: "none" }, { kind: "received", message: offer, now }).state;
    const request = await requestCapabilities(registry, friend(), offer, ["ADMIN_AUTHZ"]);
    trusteeEnrolment(heard, { kind: "answer", message: request, now });
    const received = parseMessage(writeMessage(request));
    const agreed = ownerEnrolment(
      { step: "offered", offer },
      { kind: "received", message: received, now },
    ).state;
    if (agreed.step !== "agreed") return expect.fail(agreed.step);
    expect(agreed.policyConsent).to.equal(request.policy_consent);
    const consent = consentOf(registry, policy, request);
    expect(consent.capabilities).to.deep.equal(["ADMIN_AUTHZ"]);
    expect(request.authorizationKeys).to.deep.equal([`1:${friend().address.toLowerCase()}`]);
  });

  it("refuses an offer that says one thing and asks the policy for another", async () => {
    const { registry, policy } = place();
    const offer = await offerCapabilities(registry, policy, ["RECOVERY_SHARE"]);
    const wide = parseTrusteeOffer(offer.policy_offer ?? "");
    const sly = { ...offer, policy_offer: serializeTrusteeOffer({ ...wide, capabilities: BOTH }) };
    expect(await codeOfAsync(() => requestCapabilities(registry, friend(), sly))).to.equal("OFFER_MISMATCH");
    const elsewhere = { ...wide, location: { ...wide.location, chainId: 1n } };
    const foreign = { ...offer, policy_offer: serializeTrusteeOffer(elsewhere) };
    expect(await codeOfAsync(() => requestCapabilities(registry, friend(), foreign))).to.equal(
      "REGISTRY_MISMATCH",
    );
    const { policy_offer: _, ...bare } = offer;
    expect(await codeOfAsync(() => requestCapabilities(registry, friend(), bare))).to.equal(
      "MESSAGE_MALFORMED",
    );
  });

  it("consents to no more than is offered, and for no longer than a year", async () => {
    const { registry, policy } = place();
    const offer = await offerCapabilities(registry, policy, ["ADMIN_AUTHZ"]);
    const more = () => requestCapabilities(registry, friend(), offer, BOTH);
    expect(await codeOfAsync(more)).to.equal("OFFER_MISMATCH");
    const asked = parseTrusteeOffer(offer.policy_offer ?? "");
    const endless = { ...offer, policy_offer: serializeTrusteeOffer({ ...asked, deadline: 2n ** 40n }) };
    expect(await codeOfAsync(() => requestCapabilities(registry, friend(), endless))).to.equal(
      "OFFER_MISMATCH",
    );
  });

  it("refuses a consent to something else than is requested, for another policy, or by another key", async () => {
    const { registry, policy } = place();
    const offer = await offerCapabilities(registry, policy, BOTH);
    const request = await requestCapabilities(registry, friend(), offer);
    const consent = (more: Partial<typeof request>) =>
      codeOf(() => consentOf(registry, policy, { ...request, ...more }));
    expect(consent({})).to.equal(undefined);
    expect(consent({ capabilities: ["ADMIN_AUTHZ"] })).to.equal("OFFER_MISMATCH");
    expect(consent({ authorizationKeys: [] })).to.equal("OFFER_MISMATCH");
    expect(consent({ policy_consent: "{}" })).to.equal("MESSAGE_MALFORMED");
    expect(codeOf(() => consentOf(registry, 5n as typeof policy, request))).to.equal(
      "TRUSTEE_CONSENT_MISMATCH",
    );
  });

  it("sends a trustee its part of the set", async () => {
    const set = await draftSet(world, world.people.slice(0, 3));
    const [first] = set.trustees;
    if (first === undefined) return expect.fail("no trustees");
    const appointment = appoint(set, keyIdOf(first.key));
    const message = parseMessage(writeMessage(appointmentMessage(appointment, await world.now())));
    if (message.type !== "TRUSTEE_APPOINTMENT") return expect.fail(message.type);
    expect(parseAppointment(message.appointment)).to.deep.equal(appointment);
  });
});
