/* The process of the inbound role: one thread controls, one per loop judges mail. */
#ifndef ROLE_INBOUND_H
#define ROLE_INBOUND_H

/** @param channel to the supervisor. @return the exit status of the process */
int role_inbound_run(int channel);

#endif
