const ourValue = 'copilot-db';

/**
 * The only place beside main that writes to process.env: the AWS SDK has no parameter for these two (decision 0017).
 * The names are the SDK's own.
 */
export function settleAwsEnvironment(options: { instanceMetadata: boolean }): void {
  // A deprecation notice for Node 20 on stderr would be a mail a night from cron.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  // Outside of a cloud the metadata address hangs or answers somebody else's credentials, so it is asked only on request. Any value but
  // "false" disables it; ours is known again when another store of this process does ask.
  if (!options.instanceMetadata) process.env.AWS_EC2_METADATA_DISABLED ??= ourValue;
  else if (process.env.AWS_EC2_METADATA_DISABLED === ourValue) delete process.env.AWS_EC2_METADATA_DISABLED;
}
