#!/usr/bin/env bash
# A real Slurm cluster of two nodes on this machine, for the tests: no accounting, no cgroups, one core a node.
#
#   cluster.sh start DIR    starts it with its state under DIR, waits until both nodes are idle; clients use SLURM_CONF=DIR/slurm.conf
#   cluster.sh stop DIR     stops it
#
# Needs root, and Debian's slurm-wlm and munge. Exit code 77 where they are absent: the tests skip.
set -euo pipefail
verb=$1 dir=$2

configuration() {
    cat <<CONF
ClusterName=frostline
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=7102
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmctldPidFile=$dir/ctld.pid
SlurmdPidFile=$dir/d.%n.pid
SlurmdSpoolDir=$dir/spool/%n
StateSaveLocation=$dir/state
SlurmctldLogFile=$dir/log/ctld
SlurmdLogFile=$dir/log/%n
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
NodeName=n1 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=7103 CPUs=1 RealMemory=4000 State=UNKNOWN
NodeName=n2 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=7104 CPUs=1 RealMemory=4000 State=UNKNOWN
PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
}

start() {
    for program in munged slurmctld slurmd sbatch; do
        command -v "$program" >/dev/null || { echo "no $program on this machine" >&2; exit 77; }
    done
    [ "$(id -u)" = 0 ] || { echo "starting a cluster needs root" >&2; exit 77; }
    mkdir -p "$dir"/{spool,state,log}
    configuration >"$dir/slurm.conf"
    export SLURM_CONF=$dir/slurm.conf
    if ! munge -n >/dev/null 2>&1; then
        mkdir -p /run/munge && chown munge /run/munge
        runuser -u munge -- munged
    fi
    slurmctld
    slurmd -N n1
    slurmd -N n2
    for _ in $(seq 100); do
        [ "$(sinfo -h -N -t idle -o %N | wc -l)" = 2 ] && return
        sleep 0.2
    done
    sinfo >&2
    tail -n 20 "$dir"/log/* >&2
    exit 1
}

stop() {
    for pid in "$dir"/d.n1.pid "$dir"/d.n2.pid "$dir"/ctld.pid; do
        [ -s "$pid" ] || continue
        number=$(cat "$pid")
        kill "$number" 2>/dev/null || continue
        # The next cluster takes the same ports.
        for _ in $(seq 100); do
            kill -0 "$number" 2>/dev/null || break
            sleep 0.1
        done
    done
}

"$verb"
