import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP, isIPv4 } from 'node:net';

/**
 * Which networks agents may be called in. Each includes the ones before it: `public` < `loopback` < `private`.
 * Link-local, metadata and other special addresses are in none.
 */
export type AllowedNetworks = 'loopback' | 'private' | 'public';

/** Blocked however the networks are set: [kind, subnets]. Sources: IANA special-purpose address registries. */
const neverAllowed: readonly [kind: string, subnets: readonly string[]][] = [
  [
    'a cloud metadata address',
    [
      '169.254.169.254/32',
      '169.254.170.2/32',
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
      'fd00:ec2::/32',
      'fd20:ce::254/128',
    ],
  ],
  ['a link-local address', ['169.254.0.0/16', 'fe80::/10', 'fec0::/10']],
  ['a shared (carrier-grade NAT) address', ['100.64.0.0/10']],
  ['a multicast address', ['224.0.0.0/4', 'ff00::/8']],
  // Each of these hides an IPv4 address that the other rules would have to see.
  ['a translated or tunnelled address', ['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32', '192.88.99.0/24']],
  [
    'a reserved address',
    [
      '0.0.0.0/8',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '240.0.0.0/4',
      '::/96',
      '100::/64',
      '2001:db8::/32',
      '3fff::/20',
      '5f00::/16',
    ],
  ],
];
/** 0.0.0.0 and :: reach this machine, like 127.0.0.1 and ::1. */
const loopback = blockList(['127.0.0.0/8', '::1/128', '0.0.0.0/32', '::/128']);
const privateNetworks = blockList(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']);
const never = neverAllowed.map(([kind, subnets]) => [kind, blockList(subnets)] as const);

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network, prefix] = subnet.split('/') as [string, string];
    list.addSubnet(network, Number(prefix), isIPv4(network) ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** The look-up found an address that may not be called. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
  readonly code = 'BLOCKED_ADDRESS';
}

/**
 * Why an IP address may not be called, e.g. `169.254.169.254 is a link-local address`; null when it may.
 * IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`) are judged as the IPv4 address they reach.
 */
export function whyAddressBlocked(address: string, allowed: AllowedNetworks): string | null {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (loopback.check(address, family)) {
    return allowed === 'public' ? `${address} is a loopback address` : null;
  }
  for (const [kind, list] of never) {
    if (list.check(address, family)) return `${address} is ${kind}`;
  }
  if (allowed !== 'private' && privateNetworks.check(address, family)) return `${address} is a private address`;
  return null;
}

/**
 * Why the host of a URL may not be called, judged without a look-up: sockets never look up IP literals, so these
 * must be checked here. `URL` has already turned odd forms (`0x7f000001`, `127.1`) into plain ones.
 * @returns null when it may, or when the host is a name, which guardedLookup judges.
 */
export function whyUrlBlocked(url: URL, allowed: AllowedNetworks): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} is not http or https`;
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return isIP(host) === 0 ? null : whyAddressBlocked(host, allowed);
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * A look-up for sockets that refuses a name when any of its addresses may not be called. The socket connects to
 * the very addresses judged here, so a name that changes between look-ups gains nothing.
 */
export function guardedLookup(allowed: AllowedNetworks) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      for (const { address } of addresses) {
        const blocked = whyAddressBlocked(address, allowed);
        if (blocked !== null) return callback(new BlockedAddressError(`${hostname} leads to ${blocked}`), []);
      }
      const first = addresses[0];
      if (first === undefined) return callback(new Error(`${hostname} has no address`), []);
      if (options.all) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}
