export type { DidCall, DidReceipt, DidSender } from "./didSend.ts";
export { didCall, executeDid } from "./didSend.ts";
export type { HttpSnapshotOptions } from "./didSnapshots.ts";
export { httpSnapshots } from "./didSnapshots.ts";
export type { DidSourceOptions, RpcNetworkOptions } from "./didSource.ts";
export { rpcNetwork, rpcSource } from "./didSource.ts";
export type { HttpJsonRpcOptions, JsonRpc } from "./jsonRpc.ts";
export { httpJsonRpc, providerJsonRpc } from "./jsonRpc.ts";
