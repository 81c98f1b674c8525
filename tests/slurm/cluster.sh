#!/usr/bin/env bash
# A real Slurm cluster of two nodes on this machine, for the tests: no accounting, no cgroups.
#
#   cluster.sh start DIR    starts it with its state under DIR, waits until both nodes are idle; clients use SLURM_CONF=DIR/slurm.conf
#   cluster.sh stop DIR     stops it; it also stops once the process that started it is gone
#   cluster.sh lose DIR     the node n2 dies, with all that runs on it
#
# CPUS: CPUs of a node, there or not [1]. MAX_ARRAY_SIZE [1001]. HIDE: a folder that the node n2 does not see.
#
# Needs root, and Debian's slurm-wlm and munge. Exit code 77 where they are absent or do not run: the tests skip, and say why.
set -euo pipefail
verb=$1 dir=$2

configuration() {
    local port=$1 name
    name=$(hostname)
    # cred_expire: so many seconds a task waits that was queued again; Slurm's own default is 120.
    cat <<CONF
ClusterName=frostline
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=cred_expire=20
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmctldPidFile=$dir/ctld.pid
SlurmdPidFile=$dir/d.%n.pid
SlurmdSpoolDir=$dir/spool/%n
StateSaveLocation=$dir/state
SlurmctldLogFile=$dir/log/ctld
SlurmdLogFile=$dir/log/%n
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MaxArraySize=${MAX_ARRAY_SIZE:-1001}
KillWait=2
MinJobAge=300
JobRequeue=1
NodeName=n1 NodeHostname=$name NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=${CPUS:-1} RealMemory=4000 State=UNKNOWN
NodeName=n2 NodeHostname=$name NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=${CPUS:-1} RealMemory=4000 State=UNKNOWN
PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
}

# The first of three ports that nobody listens on: another cluster may be on this machine.
free_ports() {
    local port next
    while :; do
        port=$((20000 + RANDOM % 10000))
        for next in 0 1 2; do
            (exec 3<>"/dev/tcp/127.0.0.1/$((port + next))") 2>/dev/null && continue 2
        done
        echo "$port"
        return
    done
}

start() {
    for program in munged slurmctld slurmd sbatch; do
        command -v "$program" >/dev/null || { echo "no $program on this machine" >&2; exit 77; }
    done
    [ "$(id -u)" = 0 ] || { echo "starting a cluster needs root" >&2; exit 77; }
    [ -z "${HIDE:-}" ] || unshare --mount true 2>/dev/null || { echo "no namespaces of mounts here" >&2; exit 77; }
    mkdir -p "$dir"/{spool,state,log}
    configuration "$(free_ports)" >"$dir/slurm.conf"
    export SLURM_CONF=$dir/slurm.conf
    daemons || { unfit; stop; exit 77; }
    guard $PPID >/dev/null 2>&1 &
    for _ in $(seq 100); do
        [ "$(sinfo -h -N -t idle -o %N | wc -l)" = 2 ] && return
        sleep 0.2
    done
    sinfo >&2 || true
    unfit
    stop
    exit 77
}

# Says why Slurm itself, as it was installed, does not run on this machine: that is nothing of ours to prove.
unfit() {
    echo "Slurm's daemons do not run here:" >&2
    tail -n 20 "$dir"/log/* >&2 || true
}

daemons() {
    if ! munge -n >/dev/null 2>&1; then
        mkdir -p /run/munge && chown munge /run/munge || return
        runuser -u munge -- munged --force || return
    fi
    slurmctld || return
    slurmd -N n1 || return
    if [ -n "${HIDE:-}" ]; then
        # shellcheck disable=SC2016 # the inner shell expands it
        unshare --mount bash -c 'mount -t tmpfs none "$1" && slurmd -N n2' - "$HIDE"
    else
        slurmd -N n2
    fi
}

# Whoever tells Slurm how a job ended dies first.
lose() {
    local shell
    kill -KILL "$(cat "$dir/d.n2.pid")"
    for shell in $(pgrep -f "$dir/spool/n2/job"); do
        kill -KILL "$(ps -o ppid= -p "$shell" | tr -d ' ')"
        pkill -KILL -P "$shell"
        kill -KILL "$shell"
    done
}

# A test that is killed stops no cluster.
guard() {
    trap '' INT TERM HUP # which end the test as well
    while kill -0 "$1" 2>/dev/null && [ -e "$dir/ctld.pid" ]; do sleep 1; done
    stop
}

stop() {
    local pid number
    export SLURM_CONF=$dir/slurm.conf
    # Jobs outlive the daemons that started them.
    [ -z "$(squeue -h 2>/dev/null)" ] || scancel --me 2>/dev/null || true
    for _ in $(seq 50); do
        [ -z "$(squeue -h 2>/dev/null)" ] && break
        sleep 0.2
    done
    # Nothing of it is kept, so that nothing has to be saved.
    for pid in "$dir"/d.n1.pid "$dir"/d.n2.pid "$dir"/ctld.pid; do
        number=$(cat "$pid" 2>/dev/null) || continue
        kill -KILL "$number" 2>/dev/null || true
        rm -f "$pid"
    done
}

"$verb"
