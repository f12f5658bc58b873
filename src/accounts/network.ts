import ipaddr from 'ipaddr.js';

/**
 * Where an address is, for counting: itself, or for IPv6 the /64 around it, since a single connection is given that
 * many addresses (RFC 6177 §2). An IPv4 address that is written as IPv6 is that IPv4 address.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${new ipaddr.IPv6(parsed.toByteArray()).toString()}/64`).toString();
}
