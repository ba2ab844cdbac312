/* The role control: keeps this node's replica and the store in step, and takes the journal over. See role_inbound.h. */
#ifndef ROLE_CONTROL_H
#define ROLE_CONTROL_H

/** @param channel  to the supervisor. @return the exit status of the process */
int role_control_run(int channel);

#endif
