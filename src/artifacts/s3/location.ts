import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { invalid } from '../../lib/errors.ts';

export interface S3Location {
  bucket: string;
  /** Empty, or ends with a slash. */
  prefix: string;
  config: S3ClientConfig;
  /** Clients reach the store at this endpoint too, and are told so. */
  direct: boolean;
}

/**
 * Reads `s3://bucket/prefix?endpoint=http://host:port&region=…&pathStyle=true&direct=true`. With an endpoint the store may be none of AWS:
 * then checksums that only AWS understands are left out, and the bucket is named in the path.
 */
export function parseLocation(text: string): S3Location {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 's3:' || !url.hostname) {
    throw invalid(
      `'${text}' is not an artifact location.`,
      'Write s3://bucket/prefix, with ?endpoint=… for a store that is not AWS.',
    );
  }
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  return {
    bucket: url.hostname,
    prefix: prefix && `${prefix}/`,
    direct: url.searchParams.get('direct') === 'true',
    config: {
      region: url.searchParams.get('region') ?? 'us-east-1',
      forcePathStyle: url.searchParams.get('pathStyle') === 'true' || endpoint !== undefined,
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 3_000, socketTimeout: 60_000 },
      ...(endpoint === undefined
        ? {}
        : {
            endpoint,
            requestChecksumCalculation: 'WHEN_REQUIRED',
            responseChecksumValidation: 'WHEN_REQUIRED',
          }),
    },
  };
}
