import { type Context, Hono } from "hono";
import { isDkmsError } from "../core/index.ts";
import {
  DID_METHOD,
  DidError,
  type DidProfile,
  type DidResolverConfig,
  type DkmsResolver,
  didId,
  didResolver,
  MEDIA_TYPES,
  parseDid,
  problemOf,
  readRecord,
} from "../did/index.ts";
import { answer, json, problem, problemResponse } from "./answers.ts";
import { type DriverTarget, driverTarget } from "./identifier.ts";
import {
  dereferencingRepresentation,
  type Representation,
  resolutionRepresentation,
  wantsDereferencing,
} from "./representations.ts";

/** What a driver serves. */
export type DriverConfig = Omit<DidResolverConfig, "profile"> & {
  /** Requests answered at the same time; further ones are told to come back. 64 by default. */
  readonly maxConcurrent?: number;
  /** Example DIDs for `/1.0/testIdentifiers`. */
  readonly testIdentifiers?: readonly string[];
};

const IDENTIFIERS = "/1.0/identifiers/";
const DEFAULT_MAX_CONCURRENT = 64;
/** DID URLs are bounded by their parser; this bounds what is read before it. */
const MAX_URL_LENGTH = 8192;
const NOBODY = didId(`0x${"00".repeat(20)}`);

/**
 * The driver interface of DIF's Universal Resolver and the HTTPS binding of DID Resolution §11.1, as a handler of
 * requests: `driver(config).fetch`.
 */
export function driver(config: DriverConfig): Hono {
  const resolvers: Readonly<Record<DidProfile, DkmsResolver>> = {
    "1.0": didResolver({ ...config, profile: "1.0" }),
    "1.1": didResolver({ ...config, profile: "1.1" }),
  };
  const app = new Hono();
  limitConcurrency(app, config.maxConcurrent ?? DEFAULT_MAX_CONCURRENT);

  app.get("/health", (context) => context.json({ status: "ok" }));
  app.get("/health/ready", async (context) => {
    const networks = await readiness(config);
    const ready = networks.every(({ reachable }) => reachable);
    return context.json({ status: ready ? "ok" : "unavailable", networks }, ready ? 200 : 503);
  });
  app.get("/1.0/methods", (context) => context.json([DID_METHOD]));
  app.get("/1.0/properties", (context) => context.json({ [DID_METHOD]: properties(config) }));
  app.get("/1.0/testIdentifiers", (context) => context.json({ [DID_METHOD]: config.testIdentifiers ?? [] }));
  app.get("/1.0/traits", (context) => context.json({ [DID_METHOD]: TRAITS }));
  app.get("/1.0/snapshots/:did", (context) => snapshot(context.req.param("did"), config));
  app.get(`${IDENTIFIERS}*`, (context) => identifier(context, resolvers));

  app.all("*", (context) => {
    const known = context.req.path.startsWith("/1.0/") || context.req.path.startsWith("/health");
    if (!known || context.req.method === "GET") return problem(404, "there is nothing at this path");
    return problem(405, "only GET is served", { allow: "GET" });
  });
  app.onError((error) => {
    // Whatever the listener does, the answer goes out.
    (async () => config.onUnexpected?.(error))().catch(() => undefined);
    return problem(500, "something unforeseen went wrong");
  });
  return app;
}

const TRAITS = {
  updatable: true,
  deactivatable: true,
  enumerable: true,
  historyAvailable: true,
  humanReadable: false,
};

async function identifier(
  context: Context,
  resolvers: Readonly<Record<DidProfile, DkmsResolver>>,
): Promise<Response> {
  const url = new URL(context.req.url);
  if (url.pathname.length + url.search.length > MAX_URL_LENGTH) return problem(414, "the URL is too long");
  const accept = context.req.header("accept");
  let target: DriverTarget;
  try {
    target = driverTarget(url.pathname.slice(IDENTIFIERS.length), url.search.slice(1));
  } catch (error) {
    return problemResponse(problemOf(error));
  }
  const dereference = target.dereference || wantsDereferencing(accept);
  const representation = (dereference ? dereferencingRepresentation : resolutionRepresentation)(accept);
  if (representation === undefined) {
    return problemResponse(
      problemOf(new DidError("REPRESENTATION_NOT_SUPPORTED", "no acceptable representation")),
    );
  }
  const resolver = resolvers[representation.profile];
  return dereference
    ? dereferenced(resolver, representation, target)
    : resolved(resolver, representation, target);
}

async function resolved(
  resolver: DkmsResolver,
  { shape, accept, contentType }: Representation,
  { didUrl, options }: DriverTarget,
): Promise<Response> {
  const result = await resolver.resolveUrl(didUrl, { ...options, accept });
  const { didResolutionMetadata, didDocument, didDocumentMetadata } = result;
  return answer({
    shape,
    contentType,
    result,
    content: didDocument,
    error: didResolutionMetadata.error,
    deactivated: didDocumentMetadata.deactivated === true,
  });
}

async function dereferenced(
  resolver: DkmsResolver,
  { shape, accept, contentType }: Representation,
  { didUrl, options }: DriverTarget,
): Promise<Response> {
  const { dereferencingMetadata, contentStream, contentMetadata } = await resolver.dereference(didUrl, {
    ...options,
    accept,
  });
  if (contentType === MEDIA_TYPES.uriList && Array.isArray(contentStream)) {
    return new Response(null, { status: 303, headers: { location: String(contentStream[0]) } });
  }
  return answer({
    shape,
    contentType,
    result: { dereferencingMetadata, content: contentStream, contentMetadata },
    content: contentStream,
    error: dereferencingMetadata.error,
    deactivated: contentMetadata.deactivated === true,
  });
}

/** The content of a DID's current version, for whoever has lost it; he checks it against the chain. */
async function snapshot(did: string, { networks }: DriverConfig): Promise<Response> {
  try {
    const { chainId } = parseDid(did);
    const network = networks.find((candidate) => candidate.chainId === chainId);
    if (network === undefined)
      throw new DidError("NETWORK_NOT_CONFIGURED", "no network is configured for this chain");
    // Drivers that help each other would else ask in a circle.
    const { snapshot } = await readRecord({ ...network, snapshots: [] }, did);
    return json(snapshot, 200, "application/json");
  } catch (error) {
    if (isDkmsError(error, "DID_DEACTIVATED")) return problem(410, "the DID has been deactivated");
    return problemResponse(problemOf(error));
  }
}

function properties({ networks, keyFormat = "Multikey" }: DriverConfig): unknown {
  return {
    keyFormat,
    profiles: ["1.1", "1.0"],
    networks: networks.map(({ chainId, name, registry }) => ({
      chainId: chainId.toString(),
      ...(name !== undefined && { name }),
      registry,
    })),
  };
}

/** Asks each node for a DID that nobody has: one request, and an answer only if registry and chain are right. */
async function readiness({ networks }: DriverConfig) {
  return Promise.all(
    networks.map(async ({ chainId, source }) => {
      const reachable = await source.observe(NOBODY, "latest").then(
        (observation) => observation.chainId === chainId,
        () => false,
      );
      return { chainId: chainId.toString(), reachable };
    }),
  );
}

function limitConcurrency(app: Hono, maxConcurrent: number): void {
  let running = 0;
  app.use("*", async (context, next) => {
    // Whoever watches over the driver must get through when it is busiest.
    if (context.req.path === "/health") return next();
    if (running >= maxConcurrent) return problem(503, "too many requests at once", { "retry-after": "1" });
    running += 1;
    try {
      await next();
    } finally {
      running -= 1;
    }
  });
}
