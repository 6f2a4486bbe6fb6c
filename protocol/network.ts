/**
 * The networks that edge402 can be paid on, and each one's USDC.
 *
 * Addresses are Circle's; the EIP-712 domain of each contract is what its `DOMAIN_SEPARATOR()` hashes.
 */

/** What a person or an agent calls a network: in `edge402.config.ts` and as `chain` in a request. */
export type Chain = keyof typeof networks;

/** CAIP-2 identifier of an EVM chain, the name that x402 v2 uses. */
export type Caip2 = `eip155:${number}`;

export interface Network {
  readonly chain: Chain;
  readonly chainId: number;
  readonly caip2: Caip2;
  /** The name in x402 v1, or null: the v1 client throws on a name it does not know, so such a network is v2 only. */
  readonly v1Name: string | null;
  readonly testnet: boolean;
  readonly label: string;
  /** From one block to the next, about. */
  readonly blockMs: number;
  readonly usdc: {
    /** EIP-55 checksummed; CDP refuses anything else. */
    readonly address: `0x${string}`;
    /** EIP-712 domain name. It differs between networks, and a wrong one makes every signature invalid. */
    readonly name: string;
    readonly version: string;
    /** What the contract's `DOMAIN_SEPARATOR()` returns: EIP-712's hash of the domain. */
    readonly domainSeparator: `0x${string}`;
  };
  /** Explorer page of a transaction: this, followed by the hash. */
  readonly explorerTx: string;
}

export const networks = {
  polygon: {
    chain: "polygon",
    chainId: 137,
    caip2: "eip155:137",
    v1Name: "polygon",
    testnet: false,
    label: "Polygon",
    blockMs: 2_000,
    usdc: {
      address: "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359",
      name: "USD Coin",
      version: "2",
      domainSeparator: "0xcaa2ce1a5703ccbe253a34eb3166df60a705c561b44b192061e28f2a985be2ca",
    },
    explorerTx: "https://polygonscan.com/tx/",
  },
  base: {
    chain: "base",
    chainId: 8453,
    caip2: "eip155:8453",
    v1Name: "base",
    testnet: false,
    label: "Base",
    blockMs: 2_000,
    usdc: {
      address: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
      name: "USD Coin",
      version: "2",
      domainSeparator: "0x02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f",
    },
    explorerTx: "https://basescan.org/tx/",
  },
  arbitrum: {
    chain: "arbitrum",
    chainId: 42161,
    caip2: "eip155:42161",
    v1Name: null,
    testnet: false,
    label: "Arbitrum One",
    blockMs: 250,
    usdc: {
      address: "0xaf88d065e77c8cC2239327C5EDb3A432268e5831",
      name: "USD Coin",
      version: "2",
      domainSeparator: "0x08d11903f8419e68b1b8721bcbe2e9fc68569122a77ef18c216f10b3b5112c78",
    },
    explorerTx: "https://arbiscan.io/tx/",
  },
  "base-sepolia": {
    chain: "base-sepolia",
    chainId: 84532,
    caip2: "eip155:84532",
    v1Name: "base-sepolia",
    testnet: true,
    label: "Base Sepolia",
    blockMs: 2_000,
    usdc: {
      address: "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
      name: "USDC",
      version: "2",
      domainSeparator: "0x71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818",
    },
    explorerTx: "https://sepolia.basescan.org/tx/",
  },
} as const satisfies Record<string, NetworkEntry>;

type NetworkEntry = Omit<Network, "chain"> & { readonly chain: string };

const all: readonly Network[] = Object.values(networks);

export const chains: readonly Chain[] = all.map((network) => network.chain);

/** The network with this CAIP-2 name, or undefined. */
export function networkByCaip2(caip2: string): Network | undefined {
  return all.find((network) => network.caip2 === caip2);
}

/** The network with this x402 v1 name, or undefined. */
export function networkByV1Name(name: string): Network | undefined {
  return all.find((network) => network.v1Name === name);
}

/** The network an agent means by `chain`, or undefined. */
export function networkByChain(chain: string): Network | undefined {
  return all.find((network) => network.chain === chain);
}
