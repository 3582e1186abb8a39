import { describe, expect, it } from 'vitest';
import { guardedLookup, whyAddressBlocked, whyUrlBlocked } from '../../agents/address-guard.ts';

describe('addresses agents may be called at', () => {
  it.each([
    // address, public, loopback, private
    ['8.8.8.8', true, true, true],
    ['2606:4700:4700::1111', true, true, true],
    ['127.0.0.1', false, true, true],
    ['127.8.9.1', false, true, true],
    ['::1', false, true, true],
    ['0.0.0.0', false, true, true],
    ['::', false, true, true],
    ['::ffff:127.0.0.1', false, true, true],
    ['10.1.2.3', false, false, true],
    ['172.16.0.1', false, false, true],
    ['172.32.0.1', true, true, true],
    ['192.168.0.9', false, false, true],
    ['::ffff:192.168.0.9', false, false, true],
    ['fd12:3456::1', false, false, true],
    ['169.254.169.254', false, false, false],
    ['::ffff:169.254.169.254', false, false, false],
    ['169.254.1.1', false, false, false],
    ['fd00:ec2::254', false, false, false],
    ['100.100.100.200', false, false, false],
    ['168.63.129.16', false, false, false],
    ['fe80::1', false, false, false],
    ['100.64.0.1', false, false, false],
    ['224.0.0.1', false, false, false],
    ['ff02::1', false, false, false],
    ['255.255.255.255', false, false, false],
    ['0.1.2.3', false, false, false],
    ['64:ff9b::a9fe:a9fe', false, false, false],
    ['2002:7f00:1::', false, false, false],
    ['2001:0:1::1', false, false, false],
    ['192.0.2.1', false, false, false],
    ['198.18.0.1', false, false, false],
    ['::127.0.0.1', false, false, false],
  ])('%s: public %s, loopback %s, private %s', (address, inPublic, inLoopback, inPrivate) => {
    expect(whyAddressBlocked(address, 'public') === null).toBe(inPublic);
    expect(whyAddressBlocked(address, 'loopback') === null).toBe(inLoopback);
    expect(whyAddressBlocked(address, 'private') === null).toBe(inPrivate);
  });

  it.each([
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://169.254.43518/',
    'http://0251.0376.0251.0376/',
    'http://[::ffff:a9fe:a9fe]/',
  ])('sees the metadata address behind %s', (url) =>
    expect(whyUrlBlocked(new URL(url), 'private')).toContain('cloud metadata'),
  );

  it('refuses other protocols', () => {
    expect(whyUrlBlocked(new URL('file:///etc/passwd'), 'private')).toContain('is not http or https');
  });

  it('refuses a name by the addresses it leads to', async () => {
    const look = (allowed: 'public' | 'loopback') =>
      new Promise((resolve) =>
        guardedLookup(allowed)('localhost', { all: true }, (error, found) => resolve(error ?? found)),
      );
    expect(await look('public')).toMatchObject({ code: 'BLOCKED_ADDRESS' });
    expect(await look('loopback')).toContainEqual({ address: '127.0.0.1', family: 4 });
  });
});
