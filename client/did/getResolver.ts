import type { DIDResolutionResult, DIDResolver } from "did-resolver";
import { DID_METHOD } from "./identifier.ts";
import type { DidResolutionOptions } from "./request.ts";
import { type DidResolverConfig, didResolver } from "./resolver.ts";

/**
 * The method for npm's did-resolver, 5.x and 6.x, and all that builds on it. Answers in the DID 1.0 profile unless
 * `config` names another.
 *
 * @example const resolver = new Resolver(getResolver({ networks: [network] }));
 */
export function getResolver(config: DidResolverConfig): { readonly [DID_METHOD]: DIDResolver } {
  const resolver = didResolver({ profile: "1.0", ...config });
  return {
    [DID_METHOD]: async (_did, parsed, _resolver, options) => {
      const result = await resolver.resolveUrl(parsed.didUrl, options as DidResolutionOptions);
      // The package's types know no read-only lists, and an error only as text; values are its own.
      return result as unknown as DIDResolutionResult;
    },
  };
}
