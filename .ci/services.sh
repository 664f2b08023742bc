#!/usr/bin/env bash
# Real servers for tests/storages: Ceph's radosgw (S3), Azurite (Azure), sshd (SFTP), Redis.
# `.ci/run` sources this. By hand: `eval "$(.ci/services.sh start DIR)"`, then pytest, then `.ci/services.sh stop DIR`.
#
# Everything listens on 127.0.0.1 at a free port and keeps its data in DIR. Each start_… sets the variable that the tests
# read and writes a pid file to DIR/pids. Needs radosgw ceph-mon ceph-osd ceph-common openssh-server redis-server npm.

services_free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# services_wait PORT: until something listens there, for half a minute at most.
services_wait() {
  for _ in $(seq 300); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  echo "Nothing listens on port $1." >&2
  return 1
}

# S3: one monitor, one object store in memory and the gateway, without authentication between them.
start_radosgw() {
  local dir=$1/ceph port v1 v2 fsid uuid osd
  port=$(services_free_port) v1=$(services_free_port) v2=$(services_free_port) fsid=$(cat /proc/sys/kernel/random/uuid) uuid=$(cat /proc/sys/kernel/random/uuid)
  mkdir -p "$dir/mon" "$dir/osd" "$dir/rgw" "$dir/run" "$dir/log" "$1/pids"
  cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $fsid
mon_host = [v2:127.0.0.1:$v2,v1:127.0.0.1:$v1]
mon_initial_members = a
public_addr = 127.0.0.1
public_network = 127.0.0.0/8
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
mon_allow_pool_size_one = true
mon_data = $dir/mon
mon_tick_interval = 1
ms_mon_client_mode = crc
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_data = $dir/osd
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_class_load_list = *
osd_class_default_list = *
run_dir = $dir/run
log_file = $dir/log/\$name.log
pid_file = $1/pids/\$name
admin_socket = $dir/run/\$name.asok
keyring = $dir/keyring
rgw_data = $dir/rgw
rgw_frontends = beast endpoint=127.0.0.1:$port
rgw_thread_pool_size = 32
CONF
  export CEPH_CONF=$dir/ceph.conf
  ceph-authtool --create-keyring "$dir/keyring" --gen-key -n client.rgw.a --cap mon 'allow *' --cap osd 'allow *' &&
    monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$v2,v1:127.0.0.1:$v1]" "$dir/monmap" &&
    ceph-mon --mkfs -i a --monmap "$dir/monmap" && ceph-mon -i a &&
    osd=$(ceph osd new "$uuid") &&
    ceph-osd -i "$osd" --mkfs --osd-uuid "$uuid" && ceph-osd -i "$osd" &&
    timeout 30 radosgw -n client.rgw.a && services_wait "$port" &&
    radosgw-admin user create --uid=avatars --display-name=avatars --access-key=avatars --secret-key=avatars-secret &&
    export DJANGO_AVATARS_S3=http://127.0.0.1:$port
}

# install_azurite DIR: where it is not there yet.
install_azurite() {
  mkdir -p "$1/azurite"
  [ -e "$1/azurite/node_modules/.bin/azurite-blob" ] || (cd "$1/azurite" && npm install --no-audit --no-fund --silent azurite)
}

start_azurite() {
  local dir=$1/azurite port
  port=$(services_free_port)
  mkdir -p "$1/pids"
  install_azurite "$1" || return 1
  "$dir/node_modules/.bin/azurite-blob" --blobHost 127.0.0.1 --blobPort "$port" --silent \
    --inMemoryPersistence --skipApiVersionCheck --disableTelemetry >"$dir/log" 2>&1 &
  echo $! >"$1/pids/azurite"
  services_wait "$port" && export DJANGO_AVATARS_AZURE=127.0.0.1:$port
}

# SFTP: a server of our own for the user who runs this, by key alone.
start_sshd() {
  local dir=$1/sshd port
  port=$(services_free_port)
  mkdir -p "$dir" "$1/pids"
  if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi # where sshd separates privileges
  ssh-keygen -q -t ed25519 -N '' -f "$dir/host" && ssh-keygen -q -t ed25519 -N '' -f "$dir/key" || return 1
  /usr/sbin/sshd -f /dev/null -E "$dir/log" -h "$dir/host" -o "ListenAddress=127.0.0.1:$port" -o "PidFile=$1/pids/sshd" \
    -o "AuthorizedKeysFile=$dir/key.pub" -o StrictModes=no -o UsePAM=no -o PasswordAuthentication=no \
    -o 'Subsystem=sftp internal-sftp' &&
    services_wait "$port" && export DJANGO_AVATARS_SFTP=127.0.0.1:$port DJANGO_AVATARS_SFTP_KEY=$dir/key
}

start_redis() {
  local dir=$1/redis port
  port=$(services_free_port)
  mkdir -p "$dir" "$1/pids"
  redis-server --bind 127.0.0.1 --port "$port" --dir "$dir" --save '' --daemonize yes --pidfile "$1/pids/redis" >/dev/null &&
    services_wait "$port" && export DJANGO_AVATARS_REDIS=127.0.0.1:$port
}

# stop_services DIR: end what was started there, by pid.
stop_services() {
  local file
  for file in "$1"/pids/*; do
    if [ -e "$file" ]; then kill "$(cat "$file")" 2>/dev/null || true; fi
  done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  case ${1:-} in
    start)
      mkdir -p "$2"
      cd "$2" && dir=$PWD
      for service in radosgw azurite sshd redis; do
        "start_$service" "$dir" >"$dir/$service.out" 2>&1 || { cat "$dir/$service.out" >&2 && exit 1; }
      done
      export -p | grep -o 'DJANGO_AVATARS_[A-Z0-9_]*=.*' | sed 's/^/export /'
      ;;
    stop) stop_services "$2" ;;
    *) echo 'usage: .ci/services.sh start|stop DIR' >&2 && exit 2 ;;
  esac
fi
