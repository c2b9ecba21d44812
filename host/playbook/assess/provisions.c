/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/assess/provisions.h"

#define REQUIRED(number, title) \
    {                           \
        number, title, true     \
    }
#define RECOMMENDED(number, title) \
    {                              \
        number, title, false       \
    }

/* Which are required follows the table of annex B of the standard. */
static const struct kl_provision en303645[] = {
    REQUIRED("4-1", "Reasons are on record for each recommendation that is not followed"),
    REQUIRED("5.1-1", "Passwords differ from device to device, or the user sets them"),
    REQUIRED("5.1-2", "Preset passwords cannot be guessed from a pattern"),
    REQUIRED("5.1-3", "Logging in uses good cryptography"),
    REQUIRED("5.1-4", "Users can change how they log in, simply"),
    REQUIRED("5.1-5", "Trying passwords over the network is slowed down"),
    REQUIRED("5.2-1", "Anybody finds out how to report a weakness, and when to expect an answer"),
    RECOMMENDED("5.2-2", "Reported weaknesses are handled in time"),
    RECOMMENDED("5.2-3", "The maker looks for weaknesses during the support period"),
    RECOMMENDED("5.3-1", "All software can be updated securely"),
    REQUIRED("5.3-2", "Devices without tight limits have a secure way to install updates"),
    REQUIRED("5.3-3", "An update is simple for the user"),
    RECOMMENDED("5.3-4", "Updates come by themselves"),
    RECOMMENDED("5.3-5", "The device looks for security updates after its setup, and regularly"),
    RECOMMENDED("5.3-6",
                "Updates by themselves are on at first; users can postpone or switch them off"),
    REQUIRED("5.3-7", "Updates use good cryptography"),
    REQUIRED("5.3-8", "Security updates come in time"),
    RECOMMENDED("5.3-9", "The device checks origin and integrity of an update"),
    REQUIRED("5.3-10", "Updates over a network are checked by a relation of trust"),
    RECOMMENDED("5.3-11", "Users are told that an update is needed and what it answers"),
    RECOMMENDED("5.3-12", "The device says when an update interrupts its work"),
    REQUIRED("5.3-13", "The support period is published"),
    RECOMMENDED("5.3-14", "Devices that cannot be updated: reasons and replacement are published"),
    RECOMMENDED("5.3-15", "Devices that cannot be updated can be isolated and replaced"),
    REQUIRED("5.3-16", "The model of the device is written on it, or told by a physical interface"),
    REQUIRED("5.4-1", "Secrets are stored securely"),
    REQUIRED("5.4-2", "A built-in identity used for security resists being changed"),
    REQUIRED("5.4-3", "No secrets are fixed in the source code"),
    REQUIRED("5.4-4", "Keys for updates and services differ from device to device"),
    REQUIRED("5.5-1", "Communication uses good cryptography"),
    RECOMMENDED("5.5-2", "Reviewed or evaluated implementations are used"),
    RECOMMENDED("5.5-3", "Algorithms can be replaced by an update"),
    RECOMMENDED("5.5-4", "Once it is set up, its functions need a login over the network"),
    REQUIRED("5.5-5", "Settings that matter for security change only after a login"),
    RECOMMENDED("5.5-6", "Critical secrets are encrypted on their way"),
    REQUIRED("5.5-7", "Critical secrets stay secret over open networks"),
    REQUIRED("5.5-8", "The maker handles critical secrets by a secure process"),
    REQUIRED("5.6-1", "Interfaces that are not used are switched off"),
    REQUIRED("5.6-2", "Once it is set up, it tells strangers little that matters for security"),
    RECOMMENDED("5.6-3", "Hardware does not expose interfaces to attack without need"),
    REQUIRED("5.6-4", "A debug port that can be reached is switched off in software"),
    RECOMMENDED("5.6-5", "Only the services that are needed are active"),
    RECOMMENDED("5.6-6", "The code is no larger than its function needs"),
    RECOMMENDED("5.6-7", "Software runs with the fewest rights that it needs"),
    RECOMMENDED("5.6-8", "Hardware controls access to memory"),
    RECOMMENDED("5.6-9", "Software is developed by a secure process"),
    RECOMMENDED("5.7-1", "Secure boot verifies the software"),
    RECOMMENDED("5.7-2", "A change of the software raises an alarm and cuts connections"),
    RECOMMENDED("5.8-1", "Personal data stay confidential between device and service"),
    REQUIRED("5.8-2", "Sensitive personal data stay confidential, fit for their use"),
    REQUIRED("5.8-3", "All sensors are documented for the user"),
    RECOMMENDED("5.9-1", "The device withstands failures of network and power"),
    RECOMMENDED("5.9-2", "Without a network it works on, and recovers cleanly after a power cut"),
    RECOMMENDED("5.9-3", "It joins networks in an orderly way that does not overload them"),
    RECOMMENDED("5.10-1", "Telemetry is examined for signs of attacks"),
    REQUIRED("5.11-1", "Users can erase their data from the device, simply"),
    RECOMMENDED("5.11-2", "Users can have their data removed from services"),
    RECOMMENDED("5.11-3", "It is explained how personal data are deleted"),
    RECOMMENDED("5.11-4", "The user gets confirmed that the data are gone"),
    RECOMMENDED("5.12-1", "Installation takes few decisions and is secure by default"),
    RECOMMENDED("5.12-2", "It is explained how to set the device up securely"),
    RECOMMENDED("5.12-3", "It is explained how to check that it is set up securely"),
    REQUIRED("5.13-1", "Input from users, interfaces and networks is checked"),
    REQUIRED("6-1", "Users are told clearly which personal data are used, how, by whom, what for"),
    REQUIRED("6-2", "Where consent is the basis, it is obtained properly"),
    REQUIRED("6-3", "Consent can be taken back at any time"),
    RECOMMENDED("6-4", "Telemetry holds no more personal data than its purpose needs"),
    REQUIRED("6-5", "Users are told which telemetry is collected, by whom and what for"),
};

/* Annex I: part I, points 1 and 2(a) to (m); part II, points 1 to 8. */
static const struct kl_provision cra[] = {
    REQUIRED("I-1", "Design, development and production give a security that fits the risks"),
    REQUIRED("I-2a", "Placed on the market without known weaknesses that can be exploited"),
    REQUIRED("I-2b", "Secure by default, and it can be reset to that"),
    REQUIRED("I-2c", "Weaknesses can be repaired by updates, by themselves where that fits"),
    REQUIRED("I-2d", "Protected against access by those who have no right to it"),
    REQUIRED("I-2e", "Data are confidential, stored and on their way"),
    REQUIRED("I-2f", "Data, commands, programs and settings keep their integrity"),
    REQUIRED("I-2g", "No more data are processed than the purpose needs"),
    REQUIRED("I-2h", "Essential functions stay available, also under attack and after incidents"),
    REQUIRED("I-2i", "Does not harm the availability of other devices and networks"),
    REQUIRED("I-2j", "Few surfaces for attacks, external interfaces included"),
    REQUIRED("I-2k", "The effect of an incident is kept small by suitable techniques"),
    REQUIRED("I-2l", "Activity that matters for security is recorded; users can opt out"),
    REQUIRED("I-2m", "Users can remove all data and settings for good, and move them securely"),
    REQUIRED("II-1", "Components and weaknesses are documented, with a bill of materials"),
    REQUIRED("II-2", "Weaknesses are repaired without delay, apart from new functions if possible"),
    REQUIRED("II-3", "Security is tested and reviewed regularly"),
    REQUIRED("II-4", "Repaired weaknesses are made public with what users must do"),
    REQUIRED("II-5", "A policy for coordinated disclosure is in force"),
    REQUIRED("II-6", "A contact takes reports of weaknesses, also in parts from others"),
    REQUIRED("II-7", "Updates are distributed securely and in time"),
    REQUIRED("II-8", "Security updates come without delay, free of charge, with an explanation"),
};

const struct kl_provisions kl_provision_lists[] = {
    {"en303645", "security.en303645", "ETSI EN 303 645",
     "ETSI EN 303 645 V2.1.1 (2020-06), Cyber Security for Consumer Internet of Things: Baseline "
     "Requirements",
     en303645, sizeof en303645 / sizeof *en303645},
    {"cra", "security.cra", "Cyber Resilience Act",
     "Regulation (EU) 2024/2847, annex I: essential cybersecurity requirements", cra,
     sizeof cra / sizeof *cra},
};
const size_t kl_provision_lists_count = sizeof kl_provision_lists / sizeof *kl_provision_lists;
