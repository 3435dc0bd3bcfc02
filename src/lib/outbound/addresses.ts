import { isIP } from 'node:net';
import ip from 'ipaddr.js';
import { invalid } from '../errors.ts';

type Address = ReturnType<typeof ip.parse>;

/** Hosts and networks that may be called although they are not public. */
export interface AllowList {
  hosts: ReadonlySet<string>;
  networks: readonly [Address, number][];
}

export const ALLOW_NONE: AllowList = { hosts: new Set(), networks: [] };

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?$/i;

/** Reads `hooks.internal, 10.1.0.0/16, ::1`. Throws INVALID for an entry that is neither host, address nor network. */
export function parseAllowList(text: string): AllowList {
  const hosts = new Set<string>();
  const networks: [Address, number][] = [];
  for (const entry of text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')) {
    if (isIP(entry) !== 0) {
      const address = ip.parse(entry);
      networks.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    } else if (ip.isValidCIDR(entry)) networks.push(ip.parseCIDR(entry));
    else if (HOST.test(entry) && !/^[\d.]+$/.test(entry)) hosts.add(entry.toLowerCase().replace(/\.$/, ''));
    else throw invalid(`'${entry}' is no host name, address or network (such as 10.1.0.0/16).`);
  }
  return { hosts, networks };
}

/** The IPv4 address that an IPv6 one wraps (mapped, or through NAT64), else the address itself. */
function unwrapped(text: string): Address {
  const address = ip.process(text);
  if (address.kind() === 'ipv6' && address.range() === 'rfc6052')
    return ip.fromByteArray(address.toByteArray().slice(-4));
  return address;
}

/** Whether everybody on the Internet can reach an address: nothing private, local, reserved or of a transition format. */
export const isPublic = (address: string): boolean => unwrapped(address).range() === 'unicast';

/** Whether the list names the host itself, or a network that holds the address. */
export function isListed({ hosts, networks }: AllowList, host: string, address: string): boolean {
  if (hosts.has(host.toLowerCase().replace(/\.$/, ''))) return true;
  const found = unwrapped(address);
  return networks.some(
    ([network, bits]) => network.kind() === found.kind() && found.match(network as never, bits),
  );
}
