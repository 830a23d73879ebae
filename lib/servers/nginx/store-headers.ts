const GENERAL =
  'Location Refresh WWW-Authenticate Proxy-Authenticate Server-Timing NEL Report-To ' +
  'Reporting-Endpoints Via X-Cache X-Served-By CF-Ray CF-Cache-Status X-Powered-By ' +
  'Content-Location Alt-Svc Public-Key-Pins X-XSS-Protection Access-Control-Allow-Methods ' +
  'Access-Control-Allow-Headers Access-Control-Max-Age';
const AMAZON =
  'request-id id-2 cf-id cf-pop version-id delete-marker expiration restore missing-meta ' +
  'mp-parts-count replication-status request-charged bucket-region server-side-encryption ' +
  'server-side-encryption-aws-kms-key-id server-side-encryption-bucket-key-enabled ' +
  'server-side-encryption-context server-side-encryption-customer-algorithm ' +
  'server-side-encryption-customer-key-MD5 storage-class tagging-count website-redirect-location ' +
  'object-lock-mode object-lock-retain-until-date object-lock-legal-hold checksum-crc32 ' +
  'checksum-crc32c checksum-crc64nvme checksum-sha1 checksum-sha256 checksum-type ' +
  'meta-s3cmd-attrs meta-mtime meta-md5chksum meta-sha256';
const OTHERS =
  'x-minio-deployment-id x-minio-error-code x-minio-error-desc X-Ratelimit-Limit ' +
  'X-Ratelimit-Remaining x-rgw-object-type X-Trans-Id X-Openstack-Request-Id X-Timestamp ' +
  'X-GUploader-UploadID';
const GOOGLE =
  'generation metageneration hash storage-class stored-content-encoding stored-content-length ' +
  'expiration component-count';

/** Headers in which Amazon S3, MinIO, Ceph, Swift and Google Cloud Storage describe an object and themselves. */
export const STORE_RESPONSE_HEADERS: readonly string[] = [
  ...GENERAL.split(' '),
  ...AMAZON.split(' ').map((name) => `x-amz-${name}`),
  ...OTHERS.split(' '),
  ...GOOGLE.split(' ').map((name) => `x-goog-${name}`),
];

const FOR_BROWSERS =
  'Accept-CH Accept-CH-Lifetime Access-Control-Allow-Private-Network Activate-Storage-Access ' +
  'Ad-Auction-Additional-Bid Ad-Auction-Result Ad-Auction-Signals Age Allow ' +
  'Attribution-Reporting-Register-Source Attribution-Reporting-Register-Trigger ' +
  'Authentication-Info Cache-Status CDN-Cache-Control Clear-Site-Data ' +
  'Cloudflare-CDN-Cache-Control Content-Security-Policy-Report-Only Critical-CH ' +
  'Cross-Origin-Embedder-Policy-Report-Only Cross-Origin-Opener-Policy-Report-Only Dictionary-ID ' +
  'Document-Isolation-Policy Document-Isolation-Policy-Report-Only Document-Policy ' +
  'Document-Policy-Report-Only Expect-CT Feature-Policy IdP-SignIn-Status Integrity-Policy ' +
  'Integrity-Policy-Report-Only No-Vary-Search Observe-Browsing-Topics Onion-Location ' +
  'Origin-Agent-Cluster Origin-Trial P3P Permissions-Policy-Report-Only Pragma ' +
  'Proxy-Authentication-Info Proxy-Status Public-Key-Pins-Report-Only Retry-After ' +
  'Sec-Session-Challenge Sec-Session-Registration Secure-Session-Challenge ' +
  'Secure-Session-Registration Service-Worker-Allowed Service-Worker-Navigation-Preload ' +
  'Set-Cookie2 Set-Login Shared-Storage-Write SourceMap Speculation-Rules Supports-Loading-Mode ' +
  'Surrogate-Control Surrogate-Key Timing-Allow-Origin Tk Trailer Upgrade Use-As-Dictionary ' +
  'Warning X-Content-Security-Policy X-DNS-Prefetch-Control X-Download-Options ' +
  'X-Permitted-Cross-Domain-Policies X-SourceMap X-UA-Compatible X-WebKit-CSP';

/** Headers of no object that browsers, caches and proxies would take for the application's. */
export const MEANT_FOR_BROWSERS: readonly string[] = FOR_BROWSERS.split(' ');
