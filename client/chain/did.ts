export { DID_REGISTRY_ABI } from "./didAbi.ts";
export type { DidCall, DidSourceOptions, RpcNetworkOptions } from "./didSource.ts";
export { didCall, rpcNetwork, rpcSource } from "./didSource.ts";
export type { HttpJsonRpcOptions, JsonRpc } from "./jsonRpc.ts";
export { httpJsonRpc, providerJsonRpc } from "./jsonRpc.ts";
