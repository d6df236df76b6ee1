#!/bin/sh
# Restores a base backup from a directory repository with sh, cat, zstd or gzip, and tar alone: no copilot-db, no Node.
# Usage: restore-by-hand.sh REPOSITORY LABEL DIR [TIME]
#   REPOSITORY  the folder that holds repository.json (for S3, copy it first: `aws s3 sync s3://BUCKET/PREFIX/CLUSTER .`)
#   LABEL       a folder of base/ that holds manifest.json, such as 20261123T020000Z
#   DIR         the new data directory; it must not exist or be empty
#   TIME        recover to this moment, such as '2026-11-23 17:55:00+00' (default: as far as the WAL goes)
# Run it as the user that will run the server, then start it: pg_ctl -D DIR start
# Tablespaces go to DIR.tablespaces/OID, because their own places may still be in use.
set -eu
umask 077

[ $# -ge 3 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
repository=$(cd "$1" && pwd)
label=$2
target=$3
time=${4:-}

fail() { echo "restore-by-hand: $*" >&2; exit 1; }

manifest=$repository/base/$label/manifest.json
[ -f "$manifest" ] || fail "$manifest is not there: a backup without a manifest is none"
# One "key": "value" of the manifest; the first of that name counts.
value() { sed -n 's/^ *"'"$1"'": "\{0,1\}\([^",]*\)"\{0,1\},\{0,1\} *$/\1/p' "$manifest" | head -n 1; }
system=$(value systemId)
run=$(value runId)
timeline=$(printf '%08X' "$(value timeline)")
data=$repository/base/$label/$run
wal=$repository/wal/$system

mkdir -p "$target"
target=$(cd "$target" && pwd)
[ -z "$(ls -A "$target")" ] || fail "$target is not empty"

# The parts of one thing, in order, joined and decompressed. A part that is missing in the middle would go unseen here, but
# neither zstd nor tar accepts the rest.
unpack() {
  if [ -e "$data/$1.zst.000" ]; then
    cat "$data/$1".zst.[0-9][0-9][0-9] | zstd -dcq
  elif [ -e "$data/$1.gz.000" ]; then
    cat "$data/$1".gz.[0-9][0-9][0-9] | gzip -dc
  else
    echo "restore-by-hand: $data/$1 is not there" >&2
    return 1
  fi
}

# A pipe tells only how its last command ended, so what went wrong before is written down.
extract() {
  mkdir -p "$2"
  rm -f "$target.failed"
  { unpack "$1" || : > "$target.failed"; } | tar -x -p --no-same-owner -C "$2" -f -
  [ ! -e "$target.failed" ] || fail "$1 is damaged"
}

extract base.tar "$target"
unpack backup_manifest > "$target/backup_manifest"
# What pg_verifybackup has to leave out, because it is not as it was on the server.
ignore=

# tablespace_map has a line "OID PLACE" for each tablespace; the server would link to PLACE, so it is told the new one.
if [ -s "$target/tablespace_map" ]; then
  : > "$target/tablespace_map.new"
  while read -r oid place; do
    extract "$oid.tar" "$target.tablespaces/$oid"
    ln -s "$target.tablespaces/$oid" "$target/pg_tblspc/$oid"
    printf '%s %s\n' "$oid" "$target.tablespaces/$oid" >> "$target/tablespace_map.new"
    echo "tablespace $oid of $place is in $target.tablespaces/$oid"
  done < "$target/tablespace_map"
  mv "$target/tablespace_map.new" "$target/tablespace_map"
  ignore="$ignore -i tablespace_map"
fi

# Configuration that lies outside the data directory, as on Debian.
for part in "$data"/config/*.000; do
  [ -e "$part" ] || continue
  name=${part##*/}
  name=${name%.000}
  mkdir -p "$target.config"
  case $name in
    *.zst) cat "$data/config/$name".[0-9][0-9][0-9] | zstd -dcq > "$target.config/${name%.zst}" ;;
    *.gz) cat "$data/config/$name".[0-9][0-9][0-9] | gzip -dc > "$target.config/${name%.gz}" ;;
  esac
done
# The saved postgresql.conf names places of the old server, its data directory too, so it is not used as it is.
for name in postgresql.conf pg_hba.conf pg_ident.conf; do
  [ ! -e "$target/$name" ] || continue
  : > "$target/$name"
  [ "$name" = postgresql.conf ] || cat "$target.config"/*-"$name" > "$target/$name" 2> /dev/null || :
  ignore="$ignore -i $name"
done

suffix=$(ls "$wal/$timeline" | sed -n 's/^[0-9A-F]\{24\}\(\.zst\)$/\1/p; s/^[0-9A-F]\{24\}\(\.gz\)$/\1/p' | head -n 1)
case $suffix in
  .zst) decompress='zstd -dcq' ;;
  .gz) decompress='gzip -dc' ;;
  *) fail "there is no WAL in $wal/$timeline" ;;
esac
# The first eight digits of a WAL file's name are its folder. 1 means that there is no such file and ends recovery; a file that is
# there and cannot be read must not, so that is 200, which stops the server. The limits are those of the old server, which
# recovery has to match.
cat >> "$target/postgresql.auto.conf" << CONF
archive_mode = off
max_connections = $(value maxConnections)
max_worker_processes = $(value maxWorkerProcesses)
max_wal_senders = $(value maxWalSenders)
max_prepared_transactions = $(value maxPreparedTransactions)
max_locks_per_transaction = $(value maxLocksPerTransaction)
restore_command = 'f="$wal/\$(printf %%.8s %f)/%f$suffix"; test -e "\$f" || exit 1; $decompress "\$f" > "%p" || exit 200'
recovery_target_timeline = 'latest'
${time:+recovery_target_time = '$time'
recovery_target_action = 'promote'}
CONF
touch "$target/recovery.signal"
rm -f "$target/standby.signal" "$target.failed"

echo "$target holds the base backup $label"
echo "check it before its first start:  pg_verifybackup -n$ignore $target"
echo "start it:                         pg_ctl -D $target start"
echo "the newest WAL in the repository: $(ls "$wal/$timeline" | sed -n "s/^\([0-9A-F]\{24\}\)\\$suffix\$/\1/p" | tail -n 1); recovery has to come that far, or to TIME"
